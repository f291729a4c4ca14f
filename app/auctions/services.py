"""Commands on lots: bidding, voiding, pausing. Each takes the lot's lock first, then reads the clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.auctions import lots, notices, rules
from app.auctions.logbook import write_down
from app.auctions.models import Lot, LotStatus
from app.auctions.outcomes import BidOutcome, BidRequest, CardMissing, OperationReused, TermsNotAccepted, WrongCode
from app.auctions.sitting import Sitting
from app.core import audit
from app.core.clock import now
from app.core.transactions import locked

__all__ = ["BidOutcome", "BidRequest", "CardMissing", "OperationReused", "TermsNotAccepted", "WrongCode"]


class VoidRefused(Exception):
    """There is no such bid, or the lot is closed."""


def place_bid(lot_id: int, person_id: int, amount: int, operation: str, **more: Any) -> BidOutcome:
    """Decide a bid under the lot's lock and write it down, accepted or refused. `more` is what `BidRequest` has.

    Raises LookupError, TermsNotAccepted and WrongCode (a first bid), CardMissing, OperationReused. A refusal is an outcome,
    so that it is kept.
    """
    request = BidRequest(person_id=person_id, amount=amount, operation=operation, **more)
    (outcome,) = place_bids(lot_id, [request])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def place_bids(lot_id: int, requests: Sequence[BidRequest]) -> list[BidOutcome | Exception]:
    """Decide bids on one lot in the order given, under one lock, as `place_bid` would one after another.

    What it costs hardly grows with their number. Raises LookupError; what one of them would raise stands in its place.
    """
    sitting = Sitting(lot_id, requests)
    outcomes = [sitting.decide(request) for request in requests]
    sitting.end()
    return outcomes


def count_absentee(lot_id: int) -> None:
    """Count what was left with the desk, once bidding is open ("Floor bids"): every sitting begins with it."""
    place_bids(lot_id, [])


def void_bid(lot_id: int, seq: int, reason: str, actor_id: int) -> None:
    """Void a bid with a public reason; later bids of the same bidder on the lot go with it ("Void").

    Raises VoidRefused when there is no such bid, or the lot is closed: that would need a second person.
    """
    lot: Lot | None = locked(Lot, lot_id)
    at = now()
    if lot is None or lot.settled_at is not None or (at >= lot.closes_at and not lots.held(lot.auction, lot)):
        raise VoidRefused
    terms, before = lots.terms_of(lot.auction, lot), lots.state_of(lot)
    events = lots.events_of(lots.log_of(lot_id))
    decision = rules.decide_void(terms, before, events, seq, at)
    if isinstance(decision, rules.Refused):
        raise VoidRefused
    after = decision.state
    write_down(lot, decision, operation=f"void-{decision.event.seq}", entered_by=actor_id, reason=reason)
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
    if status is LotStatus.OPEN and lot.auction.paused_at is not None:
        return  # it opens with the whole auction
    if lot.settled_at is None and lot.status is not status:
        lot.status = status
        audit.record(f"lot {status}", "lot", lot_id, actor_id)
