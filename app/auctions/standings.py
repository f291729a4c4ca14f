"""How the reader stands on the lots they bid on. What is theirs alone, a leader's maximum above all, leaves here only to
them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.auctions import lots, needs, rules
from app.auctions.boards import board, promised
from app.auctions.lot_pages import LotView, views_of
from app.auctions.models import Auction, Award, AwardStatus, Bidder, Lot, LotEvent
from app.auctions.phases import Phase, Standing, words
from app.auctions.queries import bidder_of
from app.core.clock import now
from app.core.database import db
from app.payments import queries as payments
from app.web import formats


@dataclass(frozen=True)
class Mine:
    """The viewer's own place on a lot. `maximum` and `needed` (their own next minimum) are theirs alone."""

    standing: Standing
    paddle: int | None = None
    maximum: int | None = None
    needed: int | None = None
    award: Award | None = None
    offer: Award | None = None  # the lot is offered to them, for some time
    invoice_token: str | None = None


def mine(view: LotView) -> Mine:
    """How the current user stands on a lot."""
    if not current_user.is_authenticated:
        return Mine(Standing.NONE)
    bidder = bidder_of(view.auction.id, current_user.id)
    if bidder is None:
        return Mine(Standing.NONE)
    lot = view.lot
    own = select(LotEvent.id).where(LotEvent.lot_id == lot.id, LotEvent.bidder_id == bidder.id, lots.not_voided())
    if db.session.scalar(own.limit(1)) is None:
        return Mine(Standing.NONE, bidder.paddle)
    standing = _standing(lot, bidder, view.hammer.paddle if view.hammer else None)
    needed = rules.next_minimum(lots.terms_of(view.auction, lot), lots.state_of(lot), bidder.id)
    if lot.settled_at is None:
        return Mine(standing, bidder.paddle, lot.maximum if standing is Standing.LEADING else None, needed)
    award = db.session.scalar(
        select(Award)
        .where(Award.lot_id == lot.id, Award.bidder_id == bidder.id)
        .where(Award.status.in_((AwardStatus.ACTIVE, AwardStatus.OFFERED)))
    )
    if award is None:
        return Mine(standing, bidder.paddle, needed=needed)
    if award.status is AwardStatus.OFFERED:
        return Mine(standing, bidder.paddle, offer=award)
    invoice = payments.invoice_of("lot", award.id)
    return Mine(standing, bidder.paddle, award=award, invoice_token=invoice.token if invoice else None)


def _standing(lot: Lot, bidder: Bidder, buyer: int | None) -> Standing:
    """How a bidder with a bid that stands is placed. `buyer`: the paddle that has the closed lot. Who led and has it not,
    below the reserve or since they let it go, was outbid by nobody."""
    leads = lot.leader_id == bidder.id
    if lot.settled_at is None:
        return Standing.LEADING if leads else Standing.OUTBID
    if buyer == bidder.paddle:
        return Standing.WON
    return Standing.NONE if leads else Standing.OUTBID


def _told(found: Auction, lot: Lot, bidder: Bidder, public: dict[str, Any]) -> dict[str, Any]:
    standing = _standing(lot, bidder, public["paddle"] if public["sold"] else None)
    needed = rules.next_minimum(lots.terms_of(found, lot), lots.state_of(lot), bidder.id)
    needed_text = formats.amount(needed, found.currency)
    return {
        "standing": standing.value,
        "needed": needed,
        "needed_text": needed_text,
        "words": words(standing, Phase(public["phase"]), needed_text),
    }


def live(found: Auction) -> dict[str, Any]:
    """What an open page asks for: the board, and beside it how the viewer stands on the lots they have bid on."""
    at = now()
    shown = board(found, at)
    return {
        "now": formats.iso(at),
        "lots": list(shown.values()),
        "promised": promised(found, shown),
        "need": needs.public(found),
        "mine": _mine(found, shown),
    }


def _mine(found: Auction, shown: dict[int, dict[str, Any]]) -> dict[str, Any]:
    bidder = bidder_of(found.id, current_user.id) if current_user.is_authenticated else None
    if bidder is None:
        return {"paddle": None, "lots": {}}
    touched = (
        select(Lot).where(Lot.auction_id == found.id)
        .where(Lot.id.in_(select(LotEvent.lot_id).where(LotEvent.bidder_id == bidder.id, lots.not_voided())))
    )  # fmt: skip
    return {
        "paddle": bidder.paddle,
        "lots": {lot.number: _told(found, lot, bidder, shown[lot.number]) for lot in db.session.scalars(touched)},
    }


def standings(found: Auction) -> dict[int, tuple[Standing, int]]:
    """How the viewer stands on the lots that they bid on, and what keeps them in (minor units), by number."""
    own = _mine(found, board(found, now()))["lots"] if current_user.is_authenticated else {}
    return {number: (Standing(state["standing"]), state["needed"]) for number, state in own.items()}


def account_section() -> dict[str, Any]:
    """The viewer's lots, for the account page."""
    query = (
        select(Lot, Bidder.paddle).join(LotEvent, LotEvent.lot_id == Lot.id).join(Bidder, Bidder.id == LotEvent.bidder_id)
        .join(Lot.auction).where(Bidder.person_id == current_user.id, lots.not_voided()).distinct()
        .options(contains_eager(Lot.auction), joinedload(Lot.leader), selectinload(Lot.artworks))
        .order_by(Lot.closes_at.desc(), Lot.number).limit(60)
    )  # fmt: skip
    rows = db.session.execute(query).all()
    views = views_of([lot for lot, _paddle in rows], Lot.id.in_({lot.id for lot, _paddle in rows}))
    items = [
        {
            "title": view.title,
            "href": view.href,
            "meta": formats.amount(view.price, view.auction.currency),
            "badge": _badge(view, view.paddle == paddle),
        }
        for view, (_lot, paddle) in zip(views, rows, strict=True)
    ]
    return {"title": _("My bids"), "items": items, "empty": _("No bid yet. Pictures wait in the auctions.")}


def _badge(view: LotView, leads: bool) -> str:
    if view.phase is Phase.WITHDRAWN:
        return _("Withdrawn")
    if view.phase is Phase.CLOSED:
        return _("Yours") if view.sold and leads else _("Over")
    return _("You lead") if leads else _("Outbid")
