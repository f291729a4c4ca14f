"""Voiding a bid of a closed lot: one person asks with a public reason, a second one decides ("Void" in `auction-rules.md`)."""

from __future__ import annotations

from app.auctions import lots as log
from app.auctions import offer_notices, offers, rules
from app.auctions.logbook import write_down
from app.auctions.models import Award, AwardStatus, Lot, VoidRequest
from app.auctions.offers import OfferRefused
from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.transactions import locked


class AskRefused(Exception):
    """`reason`: not_closed, no_such_bid, asked (a request for the lot waits already), own (who asks does not decide),
    decided, paid, handed_over, pending (a card payment is open)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def ask(lot_id: int, seq: int, reason: str, actor_id: int) -> VoidRequest:
    """Ask to void a bid of a closed lot. Raises LookupError, AskRefused."""
    lot: Lot | None = locked(Lot, lot_id)
    if lot is None:
        raise LookupError(lot_id)
    if lot.settled_at is None:
        raise AskRefused("not_closed")
    if all(bid.seq != seq for bid in rules.standing(log.events_of(log.log_of(lot_id)))):
        raise AskRefused("no_such_bid")
    if db.session.query(VoidRequest).filter_by(lot_id=lot_id, decided_at=None).first() is not None:
        raise AskRefused("asked")
    _unpaid(_standing(lot))
    request = VoidRequest(lot_id=lot_id, seq=seq, reason=reason, asked_by=actor_id, asked_at=now())
    db.session.add(request)
    db.session.flush()
    audit.record("ask to void", "lot", lot_id, actor_id, seq=seq, reason=reason)
    return request


def decide(request_id: int, actor_id: int, *, approved: bool) -> Award | None:
    """Approve a request, or decline it. Approved, the bid is voided and the lot settled anew: returns the offer that was
    made, if any.

    Raises LookupError, AskRefused; a request may be declined, not approved, by who asked.
    """
    found = db.session.get(VoidRequest, request_id)
    if found is None:
        raise LookupError(request_id)
    lot: Lot = locked(Lot, found.lot_id)
    request: VoidRequest = locked(VoidRequest, request_id)
    if request.decided_at is not None:
        raise AskRefused("decided")
    if approved and request.asked_by == actor_id:
        raise AskRefused("own")
    request.decided_by, request.decided_at, request.approved = actor_id, now(), approved
    audit.record("approve void" if approved else "decline void", "lot", lot.id, actor_id, seq=request.seq)
    return _void(lot, request, actor_id) if approved else None


def _void(lot: Lot, request: VoidRequest, actor_id: int) -> Award | None:
    """Void the bid and settle the lot anew. Who leads now is offered the lot, and never awarded it silently."""
    if lot.settled_at is None:
        raise AskRefused("not_closed")
    standing = _standing(lot)
    _unpaid(standing)
    terms, before = log.terms_of(lot.auction, lot), log.state_of(lot)
    events = log.events_of(log.log_of(lot.id))
    decision = rules.decide_void(terms, before, events, request.seq, now())
    if isinstance(decision, rules.Refused):
        raise AskRefused("no_such_bid")
    operation = f"void-{decision.event.seq}"
    write_down(lot, decision, operation=operation, entered_by=actor_id, reason=request.reason)
    audit.record("void bid", "lot", lot.id, actor_id, seq=request.seq, reason=request.reason)
    voided = next(event.bidder for event in events if isinstance(event, rules.Bid) and event.seq == request.seq)
    told = {int(bidder) for bidder in (before.leader, decision.state.leader, voided) if bidder is not None}
    outcomes: dict[int, tuple[str, int | None]] = dict.fromkeys(told, ("none", None))
    made = _settle_anew(lot, standing, actor_id, outcomes) if standing is not None else None
    if made is not None:
        outcomes.pop(made.bidder_id, None)  # the offer tells them more
    for bidder_id, (outcome, amount) in sorted(outcomes.items()):
        offer_notices.settled_anew(lot, bidder_id, request.reason, outcome=outcome, amount=amount)
    return made


def _settle_anew(lot: Lot, standing: Award, actor_id: int, outcomes: dict[int, tuple[str, int | None]]) -> Award | None:
    """Whoever has the lot, or is offered it, keeps it at the replayed price, or loses it to who leads now."""
    only_offered = standing.status is AwardStatus.OFFERED
    gone = {award.bidder_id for award in offers.awards_since_closing(lot) if award.status not in offers.STANDING}
    found = offers.winner(lot, gone)
    if found is not None and found.bidder == standing.bidder_id:
        if found.price != standing.amount:
            _reprice(standing, found.price, actor_id)
            outcomes[standing.bidder_id] = ("cheaper_offer" if only_offered else "price", found.price)
        return None
    try:
        offers.take_back(standing, AwardStatus.FORFEITED, actor_id)
    except OfferRefused as refusal:
        raise AskRefused(refusal.reason) from refusal
    audit.record("forfeit award", "award", standing.id, actor_id, lot=lot.number)
    outcomes[standing.bidder_id] = ("no_offer" if only_offered else "lost", None)
    return offers.offer(lot, found) if found is not None else None


def _reprice(award: Award, price: int, actor_id: int) -> None:
    """A void never raises a price: who has the lot pays less. An invoice is written anew."""
    try:
        offers.clear_invoice(award, actor_id)
    except OfferRefused as refusal:
        raise AskRefused(refusal.reason) from refusal
    audit.record("settle anew", "award", award.id, actor_id, before=award.amount, after=price)
    award.amount = price


def _standing(lot: Lot) -> Award | None:
    """The award or the offer that stands on a lot."""
    return next((award for award in offers.awards_since_closing(lot) if award.status in offers.STANDING), None)


def _unpaid(award: Award | None) -> None:
    if award is not None and award.paid_at is not None:
        raise AskRefused("paid")
    if award is not None and award.handed_over_at is not None:
        raise AskRefused("handed_over")
