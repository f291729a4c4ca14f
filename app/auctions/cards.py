"""Bidders who leave a card first: what it means for whom, and what a person's card stands behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from app.auctions.models import AbsenteeBid, Auction, Award, AwardStatus, Bidder, Lot, LotStatus, Pledge
from app.core import audit
from app.core.database import db
from app.core.transactions import locked
from app.payments import card_queries
from app.payments.card_models import KeptCard
from app.payments.cards import holders

NO_CARD = "no_card"  # why an absentee maximum was not counted


@dataclass(frozen=True)
class Asked:
    """What an auction that asks for a card says to a visitor. `card`: the one they keep; `waived`: a helper noted that they
    need none; `agree`: they have not accepted the terms as they stand now."""

    card: KeptCard | None
    waived: bool
    agree: bool
    clause: str

    @property
    def missing(self) -> bool:
        return self.card is None and not self.waived


def asked(auction: Auction, person_id: int | None) -> Asked | None:
    """What this auction says to a person about a card; None when it asks nobody for one."""
    if not auction.card_required:
        return None
    query = select(Bidder).where(Bidder.auction_id == auction.id, Bidder.person_id == person_id)
    bidder = db.session.scalar(query) if person_id is not None else None
    waived = bidder is not None and bidder.card_waived_by is not None
    agree = bidder is not None and not waived and not agreed(bidder.card_charge_days, auction)
    return Asked(card_queries.card_of(person_id), waived, agree, clause(auction))


def agreed(days: int | None, auction: Auction) -> bool:
    """Whether somebody who accepted terms that say so much of their card need not be asked again."""
    return days is not None or auction.card_charge_days is None


def clause(auction: Auction) -> str:
    """What the terms say of the card, in the current language; empty if they say nothing."""
    days = auction.card_charge_days
    if days is None:
        return ""
    return ngettext(
        "If an invoice stays unpaid for %(num)s day, the treasurer may charge it to this card.",
        "If an invoice stays unpaid for %(num)s days, the treasurer may charge it to this card.",
        days,
    )


def terms_now(auction: Auction) -> int | None:
    """What terms accepted now say of a card, for the paddle."""
    return auction.card_charge_days if auction.card_required else None


def waive(auction_id: int, paddle: int, actor_id: int, *, taken_back: bool = False) -> bool:
    """Note that the holder of a paddle needs no card, or does after all; False when nobody holds it."""
    query = select(Bidder.id).where(Bidder.auction_id == auction_id, Bidder.paddle == paddle)
    bidder_id = db.session.scalar(query)
    if bidder_id is None:
        return False
    bidder: Bidder = locked(Bidder, bidder_id)
    note(bidder, None if taken_back else actor_id, actor_id)
    return True


def note(bidder: Bidder, waived_by: int | None, actor_id: int) -> None:
    """Write down who noted that a bidder needs no card."""
    if (bidder.card_waived_by is None) == (waived_by is None):
        return
    bidder.card_waived_by = waived_by
    words = "note that no card is needed" if waived_by is not None else "ask for a card after all"
    audit.record(words, "bidder", bidder.id, actor_id, paddle=bidder.paddle)


def without_card(auction: Auction, bidders: Sequence[Bidder]) -> set[int]:
    """Ids of those who owe the auction a card; none where it asks for none. In a transaction that decides a bid, the cards
    of the others stay until its end."""
    if not auction.card_required:
        return set()
    owing = [bidder for bidder in bidders if bidder.card_waived_by is None]
    with_card = holders({bidder.person_id for bidder in owing})
    return {bidder.id for bidder in owing if bidder.person_id not in with_card}


def claims(person_id: int) -> list[str]:
    """What a person's card stands behind, in words: lots they lead or won and have not paid, maxima at the desk."""
    theirs = select(Bidder.id).join(Auction, Auction.id == Bidder.auction_id)
    theirs = theirs.where(Bidder.person_id == person_id, Auction.card_required)
    leads = select(Lot).where(
        Lot.leader_id.in_(theirs), Lot.settled_at.is_(None), Lot.status != LotStatus.WITHDRAWN
    )  # fmt: skip
    owes = select(Lot).join(Award, Award.lot_id == Lot.id).where(
        Award.bidder_id.in_(theirs), Award.status == AwardStatus.ACTIVE, Award.paid_at.is_(None)
    )  # fmt: skip
    waits = select(Lot).join(AbsenteeBid, AbsenteeBid.lot_id == Lot.id).where(
        AbsenteeBid.bidder_id.in_(theirs), AbsenteeBid.counted_at.is_(None),
        Lot.settled_at.is_(None), Lot.status != LotStatus.WITHDRAWN,
    )  # fmt: skip
    said = [_("You lead on lot %(number)s.", number=lot.number) for lot in db.session.scalars(leads)]
    said += [_("Lot %(number)s is yours and not paid yet.", number=lot.number) for lot in db.session.scalars(owes)]
    said += [_("A maximum waits for lot %(number)s.", number=lot.number) for lot in db.session.scalars(waits)]
    return said


def lot_terms(award_id: int) -> int | None:
    """What the buyer of a lot agreed about their card: `registry.card_terms`."""
    query = select(Bidder.card_charge_days).join(Award, Award.bidder_id == Bidder.id).where(Award.id == award_id)
    return db.session.scalar(query)


def pledge_terms(pledge_id: int) -> int | None:
    """The same of who pledged."""
    query = select(Bidder.card_charge_days).join(Pledge, Pledge.bidder_id == Bidder.id).where(Pledge.id == pledge_id)
    return db.session.scalar(query)
