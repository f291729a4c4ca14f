"""Second chances: a winner who does not pay lets the lot go, and the next one is offered it, one after another.

Whoever let it go since the lot closed is left out of the replay ("Close" in `auction-rules.md`). The lot's lock comes
first, then the bidder's, the invoice's, the award's: payments take the last two in this order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.auctions import lots as log
from app.auctions import notices, offer_notices, rules, settlement
from app.auctions.logbook import write_down
from app.auctions.models import Award, AwardStatus, Bidder, Lot, Pledge
from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.jobs import enqueue
from app.core.news import tell
from app.core.transactions import atomic, locked
from app.payments import queries as payments
from app.payments.models import Invoice
from app.payments.services import PaymentRefused, void_invoice

EXPIRE = "auctions.expire_offer"
LASTS = timedelta(hours=48)
STANDING = (AwardStatus.ACTIVE, AwardStatus.OFFERED)
PAYABLES: Mapping[str, Any] = {
    settlement.PAYABLE: Award,
    settlement.PLEDGE: Pledge,
}  # what an invoice's lines may stand for


class OfferRefused(Exception):
    """`reason`: gone (this award or offer no longer stands), paid, pending (a card payment is open), handed_over."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def forfeit(award_id: int, actor_id: int) -> Award | None:
    """The winner does not pay: their award and its invoice are taken back, and the next one is offered the lot. Returns
    that offer, or None when nobody is left who met the reserve.

    Raises LookupError, OfferRefused (gone, paid, pending, handed_over).
    """
    lot, award = _locked(award_id)
    if award.status is not AwardStatus.ACTIVE:
        raise OfferRefused("gone")
    if award.handed_over_at is not None:
        raise OfferRefused("handed_over")
    take_back(award, AwardStatus.FORFEITED, actor_id)
    audit.record("forfeit award", "award", award_id, actor_id, lot=lot.number)
    offer_notices.forfeited(award)
    return offer_next(lot)


def accept(award_id: int, person_id: int) -> str | None:
    """The lot is theirs at the price offered; returns the token of their invoice. Raises LookupError, OfferRefused (gone)."""
    _lot, award = _locked(award_id)
    _own_open(award, person_id)
    award.status = AwardStatus.ACTIVE
    tell()
    db.session.flush()
    audit.record("accept offer", "award", award_id, person_id)
    return settlement.invoice_bidder(award.bidder_id)


def decline(award_id: int, person_id: int) -> Award | None:
    """They let it go; the next one is offered the lot. Raises LookupError, OfferRefused (gone)."""
    lot, award = _locked(award_id)
    _own_open(award, person_id)
    award.status = AwardStatus.DECLINED
    audit.record("decline offer", "award", award_id, person_id)
    return offer_next(lot)


def expire(award_id: int) -> Award | None:
    """An offer that nobody answered in time counts as declined. Early calls only ask again later."""
    lot, award = _locked(award_id)
    if award.status is not AwardStatus.OFFERED or award.expires_at is None:
        return None
    if now() < award.expires_at:
        enqueue(EXPIRE, str(award_id), award.expires_at, award_id=award_id)
        return None
    award.status = AwardStatus.DECLINED
    audit.record("offer expired", "award", award_id, None)
    return offer_next(lot)


def expire_offer(payload: Mapping[str, Any]) -> None:
    """Job: end an offer whose time is over."""
    with atomic():
        expire(int(payload["award_id"]))


def overdue() -> None:
    """Sweep: an offer whose job was lost is found here."""
    query = select(Award.id).where(Award.status == AwardStatus.OFFERED, Award.expires_at < now())
    found = list(db.session.scalars(query))
    db.session.rollback()
    for award_id in found:
        with atomic():
            enqueue(EXPIRE, str(award_id), award_id=award_id)


def winner(lot: Lot, left_out: Collection[int]) -> rules.Award | None:
    """Who would have the lot, and at what price, if those bidders had never bid."""
    events = log.events_of(log.log_of(lot.id))
    for bidder_id in left_out:
        events = rules.without_bidder(events, bidder_id)
    terms = log.terms_of(lot.auction, lot)
    return rules.settle(terms, rules.fold(terms, events))


def awards_since_closing(lot: Lot) -> list[Award]:
    """Awards and offers of the lot since it closed last. Those before it was opened again count no more."""
    if lot.settled_at is None:
        return []
    query = select(Award).where(Award.lot_id == lot.id, Award.created_at >= lot.settled_at)
    return list(db.session.scalars(query.order_by(Award.id)))


def offer_next(lot: Lot) -> Award | None:
    """Offer a closed lot to whoever leads without those who let it go. The lot is locked. None: nobody is left."""
    awards = awards_since_closing(lot)
    if any(award.status in STANDING for award in awards):
        return None
    found = winner(lot, {award.bidder_id for award in awards})
    return offer(lot, found) if found is not None else None


def offer(lot: Lot, found: rules.Award) -> Award:
    """Offer a closed lot to a bidder for 48 hours, and tell them. The lot is locked; no award or other offer stands."""
    at = now()
    award = Award(
        lot_id=lot.id, lot=lot, bidder_id=int(found.bidder), amount=found.price, status=AwardStatus.OFFERED,
        created_at=max(at, lot.settled_at or at), expires_at=at + LASTS,
    )  # fmt: skip
    db.session.add(award)
    db.session.flush()
    enqueue(EXPIRE, str(award.id), award.expires_at, award_id=award.id)
    audit.record("offer lot", "award", award.id, None, lot=lot.number)
    offer_notices.offered(award)
    return award


def take_back(award: Award, status: AwardStatus, actor_id: int) -> None:
    """Let an unpaid award or offer stand no more, nor its invoice. The lot is locked. Raises OfferRefused as
    `clear_invoice`."""
    clear_invoice(award, actor_id)
    award.status = status
    tell()
    db.session.flush()


def clear_invoice(award: Award, actor_id: int) -> None:
    """Void the invoice that an unpaid award stands on, if any; what else stood on it is invoiced anew.

    Raises OfferRefused (paid, pending, handed_over).
    """
    locked(Bidder, award.bidder_id)  # as the job that invoices does
    invoice = payments.invoice_of(settlement.PAYABLE, award.id)
    if invoice is not None:
        with force_locale(invoice.locale):
            reason = _("Lot %(number)s is no longer bought.", number=award.lot.number)
        try:
            void_invoice(invoice.id, reason, actor_id)
        except PaymentRefused as refusal:
            raise OfferRefused(refusal.reason) from refusal
        _invoice_again(invoice, award)
    locked(Award, award.id)
    if award.paid_at is not None:
        raise OfferRefused("paid")
    if award.handed_over_at is not None:
        raise OfferRefused("handed_over")
    award.invoiced_at = None


def _invoice_again(invoice: Invoice, award: Award) -> None:
    for line in sorted(invoice.lines, key=lambda line: (line.kind, line.ref)):
        row = locked(PAYABLES[line.kind], line.ref) if line.kind in PAYABLES else None
        if row is not None:
            row.invoiced_at = None
    enqueue(settlement.INVOICE, str(award.bidder_id), bidder_id=award.bidder_id)


def release(lot: Lot, at: datetime, reason: str, actor_id: int) -> None:
    """Void what those bid who let a closed lot go, before it is opened again, with a public reason; whoever leads by that
    is told. The lot is locked."""
    before = lot.leader_id
    gone = {award.bidder_id for award in awards_since_closing(lot) if award.status not in STANDING}
    for bidder_id in sorted(gone):
        events = log.events_of(log.log_of(lot.id))
        first = next((bid for bid in rules.standing(events) if bid.bidder == bidder_id), None)
        if first is None:
            continue
        decision = rules.decide_void(log.terms_of(lot.auction, lot), log.state_of(lot), events, first.seq, at)
        assert isinstance(decision, rules.Accepted)  # the bid stands
        write_down(lot, decision, operation=f"void-{decision.event.seq}", entered_by=actor_id, reason=reason)
        audit.record("void bid", "lot", lot.id, actor_id, seq=first.seq, reason=reason)
    if lot.leader_id is not None and lot.leader_id != before:
        notices.voided(lot.auction, lot, lot.leader_id, reason, leads=True)


def _locked(award_id: int) -> tuple[Lot, Award]:
    award = db.session.get(Award, award_id)
    if award is None:
        raise LookupError(award_id)
    lot: Lot = locked(Lot, award.lot_id)
    db.session.refresh(award)  # what was decided while the lot's lock was waited for
    return lot, award


def _own_open(award: Award, person_id: int) -> None:
    if award.bidder.person_id != person_id:
        raise LookupError(award.id)
    if award.status is not AwardStatus.OFFERED or award.expires_at is None or award.expires_at <= now():
        raise OfferRefused("gone")
