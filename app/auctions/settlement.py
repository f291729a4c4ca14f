"""What follows the hammer: closing a lot, one award, one invoice a buyer. Every command may run twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import func, select

from app.auctions import lots, notices, rules
from app.auctions.models import Auction, Award, AwardStatus, Bidder, Lot, LotStatus, Pledge
from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.jobs import enqueue
from app.core.transactions import locked
from app.payments.services import LineDraft, issue_invoice

CLOSE = "auctions.close_lot"
INVOICE = "auctions.invoice"
PURPOSE = "auction"
PAYABLE, PLEDGE = "lot", "pledge"
PATIENCE = timedelta(minutes=30)  # a winner's invoice waits for lots that close within this time


def close_lot(lot_id: int) -> Award | None:
    """Close a lot whose time has come: at most one active award, by a unique index. Early calls only ask again later."""
    lot: Lot | None = locked(Lot, lot_id)
    if lot is None or lot.settled_at is not None:
        return None
    at = now()
    if at < lot.closes_at:
        enqueue(CLOSE, str(lot_id), lot.closes_at, lot_id=lot_id)
        return None
    if lots.held(lot.auction, lot):
        return None  # the end of the pause gives a new time, and asks again
    lot.settled_at = at
    result = None
    if lot.status is not LotStatus.WITHDRAWN:
        result = rules.settle(lots.terms_of(lot.auction, lot), lots.state_of(lot))
    audit.record("close lot", "lot", lot_id, None, sold=result is not None)
    if result is None:
        return None
    award = Award(lot=lot, lot_id=lot_id, bidder_id=int(result.bidder), amount=result.price, created_at=at)
    db.session.add(award)
    db.session.flush()
    notices.won(award)
    enqueue(INVOICE, str(award.bidder_id), _invoice_time(lot.auction_id, at), bidder_id=award.bidder_id)
    return award


def _invoice_time(auction_id: int, at: datetime) -> datetime:
    """When the last lot of those that close soon has closed, so that one invoice holds them all. Nobody waits for lots
    that stay open for longer. A further award moves the same job on."""
    soon = (Lot.auction_id == auction_id, Lot.settled_at.is_(None), Lot.closes_at < at + PATIENCE)
    last = db.session.scalar(select(func.max(Lot.closes_at)).where(*soon))
    return max(at, last + timedelta(seconds=5)) if last is not None else at


def invoice_bidder(bidder_id: int) -> str | None:
    """One invoice for all of a bidder's awards and pledges that have none yet; returns its token, or None if nothing is owed."""
    bidder: Bidder | None = locked(Bidder, bidder_id)
    if bidder is None:
        return None
    query = select(Award).where(
        Award.bidder_id == bidder_id, Award.status == AwardStatus.ACTIVE, Award.invoiced_at.is_(None)
    )
    awards = list(db.session.scalars(query.order_by(Award.id)))
    promised = select(Pledge).where(
        Pledge.bidder_id == bidder_id, Pledge.invoiced_at.is_(None), Pledge.withdrawn_at.is_(None)
    )
    pledges = list(db.session.scalars(promised.order_by(Pledge.id)))
    if not awards and not pledges:
        return None
    auction, person = db.session.get_one(Auction, bidder.auction_id), bidder.person
    with force_locale(person.locale):
        lines = [
            LineDraft(
                kind=PAYABLE,
                ref=award.id,
                description=_("Lot %(number)s: %(title)s", number=award.lot.number, title=award.lot.title),
                amount=award.amount,
                partner_id=auction.beneficiary_id,
                purpose=PURPOSE,
                purpose_id=auction.id,
            )
            for award in awards
        ]
        lines += [
            LineDraft(
                kind=PLEDGE,
                ref=pledge.id,
                description=_("Pledge: %(title)s", title=auction.need_title),
                amount=pledge.amount,
                partner_id=auction.beneficiary_id,
                purpose=PURPOSE,
                purpose_id=auction.id,
            )
            for pledge in pledges
        ]
    invoice = issue_invoice(
        person_id=person.id,
        buyer=person.name or person.email,
        email=person.email,
        locale=person.locale,
        currency=auction.currency,
        lines=lines,
    )
    for award in awards:
        award.invoiced_at = now()
    for pledge in pledges:
        pledge.invoiced_at = now()
    return invoice.token


class LotPayable:
    """What payments calls when an invoice line of kind `lot` is paid: `ref` is the award."""

    def paid(self, ref: int) -> None:
        """Mark the award as paid, in the transaction of the ledger entry."""
        award: Award | None = locked(Award, ref)
        if award is not None and award.paid_at is None:
            award.paid_at = now()
            notices.thanks(award)


def hand_over(award_id: int, actor_id: int) -> bool:
    """The picture left the wall with its buyer; False when the lot is no longer theirs. Raises LookupError."""
    award: Award | None = locked(Award, award_id)
    if award is None:
        raise LookupError(award_id)
    if award.status is not AwardStatus.ACTIVE:
        return False
    if award.handed_over_at is None:
        award.handed_over_at, award.handed_over_by = now(), actor_id
        audit.record("hand over", "award", award_id, actor_id)
    return True


def take_back(award_id: int, actor_id: int) -> None:
    """The tick was a mistake: the picture is still here."""
    award: Award | None = locked(Award, award_id)
    if award is None:
        raise LookupError(award_id)
    if award.handed_over_at is not None:
        award.handed_over_at = award.handed_over_by = None
        audit.record("take back hand-over", "award", award_id, actor_id)
