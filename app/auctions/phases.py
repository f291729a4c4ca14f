"""Where a lot stands at a moment, how a bidder stands on it, and the plain words for both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, select

from app.auctions import lots
from app.auctions.models import Auction, Award, AwardStatus, Bidder, Lot, LotStatus
from app.core.database import db
from app.galleries import queries as galleries


class Phase(StrEnum):
    """Where a lot stands, for a page."""

    SOON = "soon"
    OPEN = "open"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Standing(StrEnum):
    """How a bidder stands on a lot."""

    NONE = "none"
    LEADING = "leading"
    OUTBID = "outbid"
    WON = "won"


def phase(auction: Auction, lot: Lot, at: datetime) -> Phase:
    """Where a lot stands at a moment."""
    if lot.status is LotStatus.WITHDRAWN:
        return Phase.WITHDRAWN
    if lots.held(auction, lot):
        return Phase.PAUSED
    if lot.settled_at is not None or at >= lot.closes_at:
        return Phase.CLOSED
    if at < auction.opens_at:
        return Phase.SOON
    return Phase.PAUSED if lot.status is LotStatus.PAUSED else Phase.OPEN


@dataclass(frozen=True)
class Hammer:
    """Who has a closed lot, by paddle, and at what price: a second chance is cheaper than the log's last price."""

    amount: int
    paddle: int


def hammers(*which: ColumnElement[bool]) -> dict[int, Hammer]:
    """By lot."""
    query = select(Award.lot_id, Award.amount, Bidder.paddle).join(Award.bidder).join(Award.lot)
    rows = db.session.execute(query.where(Award.status == AwardStatus.ACTIVE, *which))
    return {lot_id: Hammer(amount, paddle) for lot_id, amount, paddle in rows}


def price_of(lot: Lot) -> int:
    """The price of a lot that nobody has bought: what its bids make, or the starting price. Unsold, bids make none."""
    return lot.start if lot.price is None or lot.settled_at is not None else lot.price


def title_of(lot: Lot, *, hidden: bool) -> str:
    """The picture's title goes with the picture when its consent is withdrawn."""
    return _("Lot %(number)s", number=lot.number) if hidden and lot.artworks else lot.title


def public_title(lot: Lot) -> str:
    """The title as everybody may read it now: as one picture of the lot goes, so does what the lot is called."""
    ids = [artwork.id for artwork in lot.artworks]
    return title_of(lot, hidden=len(galleries.pictures_for(ids)) < len(ids))


def waits_for(lot: Lot, current: Phase) -> str:
    """What phones are told while only the room bids on a lot; empty when everybody may."""
    frozen = lot.room_only and current is Phase.OPEN
    return _("The room is bidding. Raise your hand, or wait a moment.") if frozen else ""


def late_words(auction: Auction) -> str:
    """What a late bid does to the end of its lot; empty where lots close on the second."""
    if not auction.soft_close_s:
        return ""
    late, latest = _for(auction.soft_close_s), _for(auction.soft_close_cap_s)
    return _(
        "A bid less than %(late)s before the end keeps the lot open for %(late)s more, for %(latest)s at most.",
        late=late, latest=latest,
    )  # fmt: skip


def _for(seconds: int) -> str:
    if seconds % 60:
        return ngettext("%(num)d second", "%(num)d seconds", seconds)
    return ngettext("%(num)d minute", "%(num)d minutes", seconds // 60)


def words(standing: Standing, current: Phase, needed: str) -> str:
    """What the bid bar says, plainly."""
    if standing is Standing.WON:
        return _("Yours! Thank you.")
    if current is Phase.CLOSED:
        return _("Bidding is over.")
    if current is Phase.WITHDRAWN:
        return _("This lot was withdrawn.")
    if current is Phase.PAUSED:
        return _("Bidding pauses for a moment.")
    if current is Phase.SOON:
        return _("Bidding has not opened yet.")
    if standing is Standing.LEADING:
        return _("Your bid leads.")
    if standing is Standing.OUTBID:
        return _("Somebody bid more: %(amount)s keeps you in.", amount=needed)
    return _("The next bid is %(amount)s.", amount=needed)
