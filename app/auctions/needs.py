"""How far an auction's need came: what its page, the wall and the projector tell. Public: by paddle, never by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.auctions.models import Auction, Bidder, Pledge
from app.core.database import db
from app.web import formats


@dataclass(frozen=True)
class Need:
    """What is asked for, and how far it came. Amounts are minor units; `goal` None: as much as comes."""

    title: str
    text: str
    goal: int | None
    pledged: int
    people: int

    @property
    def reached(self) -> bool:
        return self.goal is not None and self.pledged >= self.goal


def need_of(auction: Auction) -> Need | None:
    """The auction's need; None without one."""
    if not auction.need_title:
        return None
    total, people = db.session.execute(
        select(func.coalesce(func.sum(Pledge.amount), 0), func.count(Pledge.bidder_id.distinct()))
        .where(Pledge.auction_id == auction.id, Pledge.withdrawn_at.is_(None))
    ).one()  # fmt: skip
    return Need(auction.need_title, auction.need_text, auction.need_goal, int(total), people)


def public(auction: Auction) -> dict[str, Any] | None:
    """What open pages are told of the need, in the current language: the sum, and the newest pledge with its time."""
    need = need_of(auction)
    if need is None:
        return None
    return {
        "pledged": need.pledged,
        "pledged_text": formats.amount(need.pledged, auction.currency),
        "newest": _newest(auction),
    }


def _newest(auction: Auction) -> dict[str, str] | None:
    row = db.session.execute(
        select(Pledge.amount, Pledge.created_at, Bidder.paddle).join(Pledge.bidder)
        .where(Pledge.auction_id == auction.id, Pledge.withdrawn_at.is_(None)).order_by(Pledge.id.desc()).limit(1)
    ).first()  # fmt: skip
    if row is None:
        return None
    words = _(
        "Paddle %(paddle)s gives %(amount)s", paddle=row.paddle, amount=formats.amount(row.amount, auction.currency)
    )
    return {"at": formats.iso(row.created_at), "words": words}
