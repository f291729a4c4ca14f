"""Commands before the first bid: the auction, its lots, their terms."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from app.auctions import rules
from app.auctions.models import Auction, Eligibility, Lot, LotStatus, Pledge, lot_artwork
from app.auctions.settlement import CLOSE
from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import short_code
from app.core.jobs import enqueue
from app.core.transactions import locked
from app.galleries import queries as galleries
from app.galleries.models import Artwork
from app.partners.services import add_with_slug

STANDARD = json.dumps(rules.INCREMENTS)
SOFT_CLOSE_S, SOFT_CLOSE_CAP_S = 120, 1800
FIRM = {
    "opens_at", "closes_at", "currency", "beneficiary_id", "eligibility", "increments", "soft_close_s", "soft_close_cap_s",
}  # fmt: skip


class AuctionFrozen(Exception):
    """A bid stands, so what it was made under cannot change."""


class NeedStands(Exception):
    """Somebody has pledged for the need, so it cannot vanish."""


class NotAuctionable(Exception):
    """An artwork lacks the consent to be auctioned, or is a lot already."""


def create_auction(
    *,
    title: str,
    opens_at: datetime,
    closes_at: datetime,
    beneficiary_id: int,
    campaign_id: int | None = None,
    summary: str = "",
    terms: str = "",
    currency: str = "CHF",
    timezone: str = "Europe/Zurich",
    eligibility: Eligibility | str = Eligibility.SIGNED_IN,
    admitted: str = "",
    invitation_code: str = "",
    card_required: bool = False,
    card_charge_days: int | None = None,
    need_title: str = "",
    need_text: str = "",
    need_goal: int | None = None,
    increments: str = STANDARD,
    soft_close_s: int = SOFT_CLOSE_S,
    soft_close_cap_s: int = SOFT_CLOSE_CAP_S,
    published: bool = False,
    actor_id: int | None = None,
) -> Auction:
    """Make an auction, with the standard increments (JSON, see `Auction`) and soft close unless told otherwise; its address
    is made from its title."""
    auction = Auction(
        title=title, opens_at=opens_at, closes_at=closes_at, beneficiary_id=beneficiary_id, campaign_id=campaign_id,
        summary=summary, terms=terms, currency=currency, timezone=timezone, eligibility=Eligibility(eligibility),
        admitted=admitted, invitation_code=invitation_code, card_required=card_required, card_charge_days=card_charge_days,
        need_title=need_title, need_text=need_text, need_goal=need_goal,
        published=published, increments=increments, soft_close_s=soft_close_s, soft_close_cap_s=soft_close_cap_s,
        created_at=now(),
    )  # fmt: skip
    add_with_slug(auction, title, "auction")
    audit.record("create auction", "auction", auction.id, actor_id)
    return auction


def update_auction(auction_id: int, *, actor_id: int | None, **values: Any) -> Auction:
    """Change an auction. After the first bid only words, whether it is published, and whether bidders leave a card: that
    holds for bids from then on. Raises AuctionFrozen, NeedStands.

    Its lots follow the new closing time; those that were to close some minutes after the others still do.
    """
    ordered = select(Lot).where(Lot.auction_id == auction_id).order_by(Lot.id).with_for_update()
    lots = list(db.session.scalars(ordered.execution_options(populate_existing=True)))  # as bids do: lots come first
    auction: Auction | None = locked(Auction, auction_id)
    if auction is None:
        raise LookupError(auction_id)
    changed = {name for name, value in values.items() if getattr(auction, name) != value}
    if auction.frozen_at is not None and changed & FIRM:
        raise AuctionFrozen
    if "need_title" in changed and not values["need_title"]:
        pledged = select(Pledge.id).where(Pledge.auction_id == auction_id, Pledge.withdrawn_at.is_(None))
        if db.session.scalar(pledged.limit(1)) is not None:
            raise NeedStands
    before = auction.closes_at
    if "card_required" in changed:
        asked = "ask bidders for a card" if values["card_required"] else "ask bidders for no card"
        audit.record(asked, "auction", auction_id, actor_id)
    for name, value in values.items():
        setattr(auction, name, value)
    if auction.closes_at != before:
        shift = auction.closes_at - before
        for lot in (lot for lot in lots if lot.settled_at is None):
            lot.scheduled_end = lot.closes_at = max(lot.scheduled_end + shift, auction.closes_at)
            enqueue(CLOSE, str(lot.id), lot.closes_at, lot_id=lot.id)
    audit.record("edit auction", "auction", auction_id, actor_id)
    return auction


def add_lots(
    auction_id: int, artwork_ids: Sequence[int], start: int, actor_id: int | None = None, *, together: str = ""
) -> list[Lot]:
    """One lot for each artwork, numbered on from the last; or one lot of all of them, called `together`. Raises
    NotAuctionable, naming none half way."""
    auction: Auction | None = locked(Auction, auction_id)
    if auction is None:
        raise LookupError(auction_id)
    artwork_ids = list(dict.fromkeys(artwork_ids))
    take_turns_for(artwork_ids)
    allowed = set(galleries.auctionable_ids(artwork_ids))
    taken = set(db.session.scalars(select(lot_artwork.c.artwork_id).where(lot_artwork.c.artwork_id.in_(artwork_ids))))
    if set(artwork_ids) - allowed or taken:
        raise NotAuctionable
    works = [db.session.get_one(Artwork, artwork_id) for artwork_id in artwork_ids]
    if together:
        lots = [Lot(title=together, start=start)]
        links = [(lots[0], place, work) for place, work in enumerate(works)]
    else:
        lots = [Lot(title=work.title, start=start) for work in works]
        links = [(lot, 0, work) for lot, work in zip(lots, works, strict=True)]
    _hang(auction, lots)
    db.session.execute(
        insert(lot_artwork),
        [{"lot_id": lot.id, "artwork_id": work.id, "position": place} for lot, place, work in links],
    )
    audit.record("add lots", "auction", auction_id, actor_id, count=len(lots))
    return lots


def add_thing(
    auction_id: int, *, title: str, start: int, description: str = "", given_by: str = "", actor_id: int | None = None
) -> Lot:
    """A lot that is no pupil's picture: a dinner, a print, an hour of somebody's time."""
    auction: Auction | None = locked(Auction, auction_id)
    if auction is None:
        raise LookupError(auction_id)
    lot = Lot(title=title, start=start, description=description, given_by=given_by)
    _hang(auction, [lot])
    audit.record("add lots", "auction", auction_id, actor_id, count=1)
    return lot


def _hang(auction: Auction, lots: Sequence[Lot]) -> None:
    """Number them on from the last, and close them with the auction; the auction is locked."""
    last = db.session.scalar(select(func.max(Lot.number)).where(Lot.auction_id == auction.id)) or 0
    for number, lot in enumerate(lots, last + 1):
        lot.auction_id, lot.number, lot.code = auction.id, number, short_code()
        lot.scheduled_end = lot.closes_at = auction.closes_at
        lot.status = LotStatus.PAUSED if auction.paused_at else LotStatus.OPEN
    db.session.add_all(lots)
    db.session.flush()
    for lot in lots:
        enqueue(CLOSE, str(lot.id), lot.closes_at, lot_id=lot.id)


def take_turns_for(artwork_ids: Sequence[int]) -> None:
    """A picture is sold once: of two auctions that want it one waits for the other."""
    rows = select(Artwork.id).where(Artwork.id.in_(artwork_ids)).order_by(Artwork.id)
    db.session.execute(rows.with_for_update())


def update_lot(lot_id: int, *, actor_id: int, **values: Any) -> Lot:
    """Change a lot's title, who gave it, what it is, start, reserve or cap; what it is and the amounts only while nobody has
    bid. Raises AuctionFrozen."""
    lot: Lot | None = locked(Lot, lot_id)
    if lot is None:
        raise LookupError(lot_id)
    firm = set(values) - {"title", "given_by"}
    if lot.last_seq and any(getattr(lot, name) != values[name] for name in firm):
        raise AuctionFrozen
    for name, value in values.items():
        setattr(lot, name, value)
    audit.record("edit lot", "lot", lot_id, actor_id)
    return lot
