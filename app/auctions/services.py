"""Commands on lots: bidding, voiding, pausing. Each takes the lot's lock first, then reads the clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from app.accounts.models import Person
from app.accounts.queries import is_staff
from app.auctions import absentee, lots, notices, rules
from app.auctions.models import Auction, Bidder, BidRefusal, Eligibility, EventKind, Lot, LotEvent, LotStatus
from app.auctions.rules import Reason
from app.auctions.settlement import CLOSE
from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.jobs import enqueue
from app.core.transactions import locked

NOBODY = 0  # no bidder has this id: what a newcomer goes by until the bid is accepted


class TermsNotAccepted(Exception):
    """A first bid in an auction needs its terms accepted."""


class OperationReused(Exception):
    """The form of an accepted bid came again with another amount."""


class VoidRefused(Exception):
    """There is no such bid, or the lot is closed."""


@dataclass(frozen=True)
class BidOutcome:
    """The answer to a bid. Refused: `reason`, and `minimum` when the amount was at fault. Accepted: whether it leads.

    Amounts are minor units. `repeated`: the same form had been accepted already.
    """

    reason: Reason | None
    minimum: int | None = None
    leads: bool = False
    price: int | None = None
    next_minimum: int | None = None
    repeated: bool = False


def place_bid(
    lot_id: int,
    person_id: int,
    amount: int,
    operation: str,
    *,
    terms_accepted: bool = False,
    confirmed: bool = False,
    exact: bool = False,
    entered_by: int | None = None,
    late_s: int | None = None,
) -> BidOutcome:
    """Decide a bid under the lot's lock and write it down, accepted or refused.

    `late_s`: the seconds that a floor bid waited on the helper's phone; it counts from now all the same.

    Raises LookupError, TermsNotAccepted (a first bid), OperationReused. A refusal is an outcome, so that it is kept.
    """
    lot, auction, bidder = _locked_with(lot_id, person_id)
    if bidder is None or auction.frozen_at is None:
        auction = locked(Auction, auction.id)  # lots before auctions, everywhere: so this cannot deadlock
        bidder = bidder or _bidder(auction.id, person_id)
    if bidder is not None and (earlier := _earlier(lot_id, bidder.id, operation)) is not None:
        return _repeat(lots.terms_of(auction, lot), earlier, bidder.id, amount)
    at = now()
    if not lot.last_seq:  # what was left with the desk before the opening comes first
        _count_absentee(auction, lot, at)
    terms, before = lots.terms_of(auction, lot), lots.state_of(lot)
    status = lots.status_of(lot, eligible=_eligible(auction, person_id))
    offer = rules.Offer(bidder=bidder.id if bidder else NOBODY, amount=amount, at=at, exact=exact, confirmed=confirmed)
    decision = rules.decide_bid(terms, before, offer, status)
    if not auction.published:
        decision = rules.Refused(Reason.NOT_OPEN)
    if isinstance(decision, rules.Refused):
        db.session.add(BidRefusal(lot_id=lot_id, person_id=person_id, amount=amount, reason=decision.reason, at=at))
        return BidOutcome(decision.reason, decision.minimum)
    if bidder is None:  # nobody gets a paddle for a refused bid
        bidder = _welcome(auction, person_id, at, terms_accepted)
        decision = rules.decide_bid(terms, before, replace(offer, bidder=bidder.id), status)
        assert isinstance(decision, rules.Accepted)  # the same bid, under the number that it was just given
    after = decision.state
    _append(lot, decision, operation=operation, entered_by=entered_by, late_s=late_s)
    if auction.frozen_at is None:
        auction.frozen_at = at  # the increments stand from the first bid on
    if after.closes_at != before.closes_at:
        enqueue(CLOSE, str(lot_id), after.closes_at, lot_id=lot_id)
    if before.leader is not None and before.leader != after.leader:
        notices.outbid(auction, lot, int(before.leader), rules.next_minimum(terms, after))
    return BidOutcome(
        None,
        leads=after.leader == bidder.id,
        price=after.price,
        next_minimum=rules.next_minimum(terms, after, bidder.id),
    )


def _locked_with(lot_id: int, person_id: int) -> tuple[Lot, Auction, Bidder | None]:
    """The lot under its lock, its auction and the person's paddle there, in one statement. Raises LookupError.

    On PostgreSQL the auction and the paddle are as they were before the wait for the lock: a missing paddle is looked for
    again under the auction's lock, and what a bid needs of the auction is frozen by its first bid.
    """
    query = (
        select(Lot, Auction, Bidder)
        .join(Auction, Auction.id == Lot.auction_id)
        .outerjoin(Bidder, (Bidder.auction_id == Auction.id) & (Bidder.person_id == person_id))
        .where(Lot.id == lot_id)
        .with_for_update(of=Lot)
        .execution_options(populate_existing=True)
    )
    row = db.session.execute(query).first()
    if row is None:
        raise LookupError(lot_id)
    return row[0], row[1], row[2]


def count_absentee(lot_id: int) -> None:
    """Count what was left with the desk, once bidding is open ("Floor bids"). May run more than once."""
    lot: Lot | None = locked(Lot, lot_id)
    if lot is not None:
        _count_absentee(locked(Auction, lot.auction_id), lot, now())


def _count_absentee(auction: Auction, lot: Lot, at: datetime) -> None:
    for entry, decision in absentee.count(auction, lot, at):
        before, after = lots.state_of(lot), decision.state
        _append(lot, decision, operation=f"absentee-{entry.id}", entered_by=entry.entered_by)
        auction.frozen_at = auction.frozen_at or at
        passed = before.leader if after.leader != before.leader else entry.bidder_id
        if passed is not None and passed != after.leader:
            notices.outbid(auction, lot, int(passed), rules.next_minimum(lots.terms_of(auction, lot), after))


def _append(
    lot: Lot,
    decision: rules.Accepted,
    *,
    operation: str,
    entered_by: int | None,
    reason: str = "",
    late_s: int | None = None,
) -> None:
    event, after = decision.event, decision.state
    facts: dict[str, Any]
    if isinstance(event, rules.Bid):
        facts = {"kind": EventKind.BID, "bidder_id": event.bidder, "amount": event.amount, "exact": event.exact}
    elif isinstance(event, rules.Void):
        facts = {"kind": EventKind.VOID, "voids_seq": event.target, "exact": False}
    else:
        facts = {"kind": EventKind.EXTEND, "scheduled_end": event.scheduled_end, "exact": False}
    # Statements rather than the unit of work: a bid holds the lot's lock meanwhile, and these are half as long.
    db.session.execute(
        insert(LotEvent).values(
            lot_id=lot.id,
            seq=event.seq,
            at=event.at,
            operation=operation,
            entered_by=entered_by,
            reason=reason or None,
            late_s=late_s,
            price=after.price,
            leader_id=after.leader,
            closes_at=after.closes_at,
            **facts,
        )
    )
    lots.keep(lot, after)


def _bidder(auction_id: int, person_id: int) -> Bidder | None:
    return db.session.scalar(select(Bidder).where(Bidder.auction_id == auction_id, Bidder.person_id == person_id))


def _earlier(lot_id: int, bidder_id: int, operation: str) -> LotEvent | None:
    return db.session.scalar(
        select(LotEvent).where(
            LotEvent.lot_id == lot_id, LotEvent.bidder_id == bidder_id, LotEvent.operation == operation
        )
    )


def _repeat(terms: rules.LotTerms, earlier: LotEvent, bidder_id: int, amount: int) -> BidOutcome:
    """The answer that the bid had then: what the log kept beside it tells all of it."""
    if earlier.amount != amount or earlier.price is None:
        raise OperationReused
    # Whoever leads by this bid has it for their maximum. Nobody else's maximum matters for a next minimum.
    lead = rules.Lead(earlier.leader_id or NOBODY, amount, earlier.price, earlier.exact)
    then = rules.LotState(
        closes_at=earlier.closes_at, scheduled_end=terms.scheduled_end, lead=lead, last_seq=earlier.seq
    )
    return BidOutcome(
        None,
        leads=earlier.leader_id == bidder_id,
        price=earlier.price,
        next_minimum=rules.next_minimum(terms, then, bidder_id),
        repeated=True,
    )


def _eligible(auction: Auction, person_id: int) -> bool:
    if auction.eligibility is Eligibility.SIGNED_IN:
        return True
    person = db.session.get(Person, person_id)
    return person is not None and is_staff(person)


def _welcome(auction: Auction, person_id: int, at: datetime, terms_accepted: bool) -> Bidder:
    """A paddle for a first-time bidder. The auction's row is locked."""
    if not terms_accepted:
        raise TermsNotAccepted
    bidder = Bidder(auction_id=auction.id, person_id=person_id, paddle=auction.next_paddle, terms_accepted_at=at)
    auction.next_paddle += 1
    db.session.add(bidder)
    db.session.flush()
    return bidder


def void_bid(lot_id: int, seq: int, reason: str, actor_id: int) -> None:
    """Void a bid with a public reason; later bids of the same bidder on the lot go with it ("Void").

    Raises VoidRefused when there is no such bid, or the lot is closed: that would need a second person.
    """
    lot: Lot | None = locked(Lot, lot_id)
    at = now()
    if lot is None or lot.settled_at is not None or at >= lot.closes_at:
        raise VoidRefused
    terms, before = lots.terms_of(lot.auction, lot), lots.state_of(lot)
    events = lots.events_of(lots.log_of(lot_id))
    decision = rules.decide_void(terms, before, events, seq, at)
    if isinstance(decision, rules.Refused):
        raise VoidRefused
    after = decision.state
    _append(lot, decision, operation=f"void-{decision.event.seq}", entered_by=actor_id, reason=reason)
    audit.record("void bid", "lot", lot_id, actor_id, seq=seq, reason=reason)
    voided = next(event.bidder for event in events if isinstance(event, rules.Bid) and event.seq == seq)
    told = {bidder for bidder in (before.leader, after.leader, voided) if bidder is not None}
    for bidder_id in sorted(int(bidder) for bidder in told):
        notices.voided(lot.auction, lot, bidder_id, reason, leads=bidder_id == after.leader)


def set_lot_status(lot_id: int, status: LotStatus, actor_id: int) -> None:
    """Pause a lot, withdraw it, or open it again. The log stays as it is."""
    lot: Lot | None = locked(Lot, lot_id)
    if lot is None:
        raise LookupError(lot_id)
    if lot.settled_at is None and lot.status is not status:
        lot.status = status
        audit.record(f"lot {status}", "lot", lot_id, actor_id)
