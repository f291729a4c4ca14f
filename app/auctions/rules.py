"""The rules of an ascending auction with automatic bidding, as pure functions.

The state of a lot is a fold over its append-only log of accepted events. Nothing here reads a clock, a database or a
request: the caller takes the lot's lock, reads the clock, and passes facts in.

Amounts are integers in minor units (1000 is CHF 10.00). Times are aware datetimes in UTC. A bidder is any id that the
caller uses for one person. Section names in docstrings are those of `auction-rules.md`.

The amounts that may be a leader's secret are left out of every `repr`, so that a log line or a traceback tells none.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TypeAlias

Bidder: TypeAlias = int | str

# The table under "Terms", for a currency with two decimals: from this price on, this increment.
INCREMENTS = ((0, 100), (2000, 200), (5000, 500), (10000, 1000), (25000, 2500), (50000, 5000), (100000, 10000))


@dataclass(frozen=True, slots=True, kw_only=True)
class LotTerms:
    """What is fixed for a lot once its first bid stands ("Terms", "Soft close", "Buy now").

    Raises ValueError for terms under which the rules would contradict themselves.
    """

    start: int
    unit: int
    increments: tuple[tuple[int, int], ...]
    scheduled_end: datetime
    opens: datetime | None = None
    reserve: int | None = field(default=None, repr=False)
    sanity_cap: int | None = None
    sanity_times: int | None = None  # without a cap: ask again above so many times what it takes now
    buy_now: int | None = None
    soft_close_s: int = 120
    cap_s: int = 1800

    def __post_init__(self) -> None:
        rows, times = self.increments, [self.scheduled_end, *([self.opens] if self.opens else [])]
        given = (self.start, self.unit, self.sanity_cap, self.sanity_times, self.buy_now)
        prices = [price for price in given if price is not None]
        for requirement, holds in (
            ("start, unit, sanity cap and buy-now price must be positive", min(prices) > 0),
            ("reserve and times must not be negative", min(self.reserve or 0, self.soft_close_s, self.cap_s) >= 0),
            ("the increments must start at 0 and be positive", rows and rows[0][0] == 0 and rows[0][1] > 0),
            # If a step fell, taking a bid away could raise a price.
            ("the increments must climb", all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(rows))),
            ("times must be in UTC", all(time.utcoffset() == timedelta(0) for time in times)),
        ):
            if not holds:
                raise ValueError(requirement)
        if self.opens and self.opens >= self.scheduled_end:
            raise ValueError("the lot must open before it closes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bid:
    """An accepted bid in the log. `exact` marks a floor bid: its amount is the price called, not a maximum."""

    seq: int
    bidder: Bidder
    amount: int = field(repr=False)
    at: datetime
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """An accepted void in the log, with its own `seq`; `target` is the seq of the bid that it removes."""

    seq: int
    target: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Extend:
    """The organisers gave everybody more time, or opened an unsold lot again: the lot's scheduled end is a later one."""

    seq: int
    scheduled_end: datetime
    at: datetime


Event: TypeAlias = Bid | Void | Extend


@dataclass(frozen=True, slots=True)
class Lead:
    """W, M and P of "The fold". `exact`: the price stands where the leader's own exact bid put it."""

    bidder: Bidder
    maximum: int = field(repr=False)
    price: int
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LotState:
    """A lot after some prefix of its log.

    `bids` counts the bids that stand, `last_seq` is the seq of the last event. `scheduled_end`, on which the cap of the
    soft close hangs, is that of the terms until an extension.
    """

    closes_at: datetime
    scheduled_end: datetime
    lead: Lead | None = None
    bids: int = 0
    last_seq: int = 0

    @property
    def ever_bid(self) -> bool:
        """Whether a bid was ever accepted, be it void by now: every log begins with a bid."""
        return self.last_seq > 0

    @property
    def leader(self) -> Bidder | None:
        return self.lead.bidder if self.lead else None

    @property
    def price(self) -> int | None:
        """What the leader would pay now; None while nobody leads."""
        return self.lead.price if self.lead else None

    @property
    def maximum(self) -> int | None:
        """The leader's secret: for the leader's own eyes."""
        return self.lead.maximum if self.lead else None


class Reason(StrEnum):
    """Why something was refused ("Refused", "Floor bids", "Buy now", "Void")."""

    NOT_OPEN = "not_open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    PAUSED = "paused"
    SOLD = "sold"
    NOT_ELIGIBLE = "not_eligible"
    ONLINE_FROZEN = "online_frozen"
    LEADER_FLOOR_BID = "leader_floor_bid"
    NOT_WHOLE_UNITS = "not_whole_units"
    BELOW_MINIMUM = "below_minimum"
    ABOVE_CAP = "above_cap"
    NO_BUY_NOW = "no_buy_now"
    NO_SUCH_BID = "no_such_bid"
    NOT_LATER = "not_later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A bid that asks to be accepted. `at` is the server's clock, read under the lot's lock."""

    bidder: Bidder
    amount: int = field(repr=False)
    at: datetime
    exact: bool = False
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the log does not know about the lot and the bidder. `closed`: the closing was carried out already, which
    holds even if the clock steps back."""

    closed: bool = False
    withdrawn: bool = False
    paused: bool = False
    sold: bool = False
    online_frozen: bool = False
    eligible: bool = True


OPEN_TO_ALL = Status()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The event to append to the log, and the lot's state after it."""

    event: Event
    state: LotState


@dataclass(frozen=True, slots=True)
class Refused:
    """`minimum` is the number needed, given when the amount was at fault. It is meant for this bidder alone."""

    reason: Reason
    minimum: int | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Award:
    """Who gets the lot, and the price to pay."""

    bidder: Bidder
    price: int


def increment(terms: LotTerms, amount: int) -> int:
    """inc(p) of "Terms": the step above `amount` (zero or more)."""
    return terms.increments[bisect_right(terms.increments, amount, key=lambda row: row[0]) - 1][1]


def empty(terms: LotTerms) -> LotState:
    """The state of a lot whose log is empty."""
    return LotState(closes_at=terms.scheduled_end, scheduled_end=terms.scheduled_end)


def apply(terms: LotTerms, state: LotState, bid: Bid) -> LotState:
    """The state after one more accepted bid ("The fold", "Soft close"), at a cost that does not grow with the log.

    Raises ValueError for a bid out of order. A void needs the log: see `decide_void` and `history`.
    """
    _check_order(state, bid)
    return LotState(
        closes_at=_closing_time(terms, state, bid),
        scheduled_end=state.scheduled_end,
        lead=_lead(terms, state.lead, bid),
        bids=state.bids + 1,
        last_seq=bid.seq,
    )


def history(terms: LotTerms, events: Iterable[Event]) -> Iterator[tuple[Event, LotState]]:
    """Every event of a log, in order of seq, with the state after it.

    Raises ValueError for a log that the rules cannot have written: out of order, or with a void of no standing bid.
    """
    state, log = empty(terms), list[Event]()
    for event in events:
        log.append(event)
        if isinstance(event, Bid):
            state = apply(terms, state, event)
        elif isinstance(event, Extend):
            state = _extended(state, event)
        else:
            state = _replay_after_void(terms, state, log)
        yield event, state


def fold(terms: LotTerms, events: Iterable[Event]) -> LotState:
    """The state after a whole log, or any prefix of it; errors as `history`."""
    state = empty(terms)
    for _, after in history(terms, events):
        state = after
    return state


def standing(events: Iterable[Event]) -> list[Bid]:
    """The bids that no void has removed, in order of seq ("Void"); ValueError for a void of no standing bid."""
    bids: list[Bid] = []
    for event in events:
        if isinstance(event, Bid):
            bids.append(event)
            continue
        if isinstance(event, Extend):
            continue
        voided = next((bid for bid in bids if bid.seq == event.target), None)
        if voided is None:
            raise ValueError("a void in the log removes a bid that does not stand")
        bids = [bid for bid in bids if bid.seq < voided.seq or bid.bidder != voided.bidder]
    return bids


def without_bidder(events: Iterable[Event], bidder: Bidder) -> list[Event]:
    """The log as if `bidder` had never bid ("Close", an unpaid winner): `settle` its fold to know whom to offer."""
    kept: list[Event] = []
    dropped: set[int] = set()
    for event in events:
        if isinstance(event, Bid) and event.bidder == bidder:
            dropped.add(event.seq)
        elif not isinstance(event, Void) or event.target not in dropped:
            kept.append(event)
    return kept


def next_minimum(terms: LotTerms, state: LotState, bidder: Bidder | None = None) -> int:
    """The lowest amount that `bidder` (None: anybody but the leader) may bid now ("Next minimum").

    The leader's number tells the leader's maximum, so it goes to the leader alone. Rounded up to a whole unit, which
    matters only where start, reserve or increments are no whole units themselves.
    """
    if state.lead is None:
        needed = terms.start
    elif state.lead.bidder == bidder:
        needed = state.lead.maximum + terms.unit
    else:
        needed = state.lead.price + increment(terms, state.lead.price)
    return -(-needed // terms.unit) * terms.unit


def steps(terms: LotTerms, state: LotState, bidder: Bidder | None = None, count: int = 3) -> list[int]:
    """The next minimum of `bidder` and the amounts one step above each other after it: what a button may offer."""
    found = [next_minimum(terms, state, bidder)]
    while len(found) < count:
        above = found[-1] + increment(terms, found[-1])
        found.append(-(-above // terms.unit) * terms.unit)
    return found


def sanity_cap(terms: LotTerms, state: LotState) -> int | None:
    """Above this amount a bid is asked to be confirmed ("Refused"); None: never. The same for everybody, so that it tells
    the leader's maximum to nobody."""
    if terms.sanity_cap is not None or terms.sanity_times is None:
        return terms.sanity_cap
    return terms.sanity_times * max(terms.start, next_minimum(terms, state))


def reserve_met(terms: LotTerms, state: LotState) -> bool:
    """Whether the lot would be sold at its price; without a reserve there is nothing to meet ("Terms")."""
    return terms.reserve is None or (state.lead is not None and state.lead.price >= terms.reserve)


def settle(terms: LotTerms, state: LotState) -> Award | None:
    """The award of a lot whose closing time has come, or None if it is not sold ("Close")."""
    if state.lead is None or not reserve_met(terms, state):
        return None
    return Award(state.lead.bidder, state.lead.price)


def decide_bid(terms: LotTerms, state: LotState, offer: Offer, status: Status = OPEN_TO_ALL) -> Accepted | Refused:
    """Accept a bid or refuse it with the first reason that holds ("Refused", "Floor bids")."""
    reason = _barred(terms, state, offer.at, status) or _refusal(terms, state, offer, status)
    if reason is None:
        bid = Bid(seq=state.last_seq + 1, bidder=offer.bidder, amount=offer.amount, at=offer.at, exact=offer.exact)
        return Accepted(bid, apply(terms, state, bid))
    amount_at_fault = reason in (Reason.NOT_WHOLE_UNITS, Reason.BELOW_MINIMUM)
    return Refused(reason, next_minimum(terms, state, offer.bidder) if amount_at_fault else None)


def decide_void(
    terms: LotTerms, state: LotState, events: Sequence[Event], target: int, at: datetime
) -> Accepted | Refused:
    """Void the bid with seq `target` and all later bids of its bidder ("Void"); `events` is the whole log so far.

    Who may void, the public reason and the second person after closing are the caller's to check.
    """
    if all(bid.seq != target for bid in standing(events)):
        return Refused(Reason.NO_SUCH_BID)
    void = Void(seq=state.last_seq + 1, target=target, at=at)
    return Accepted(void, _replay_after_void(terms, state, [*events, void]))


def decide_extension(state: LotState, scheduled_end: datetime, at: datetime) -> Accepted | Refused:
    """Let a lot with bids close later than it would ("the closing time is never shortened"). That the lot may be opened
    again after its closing is the caller's to check."""
    if scheduled_end <= max(state.closes_at, at):
        return Refused(Reason.NOT_LATER)
    extension = Extend(seq=state.last_seq + 1, scheduled_end=scheduled_end, at=at)
    return Accepted(extension, _extended(state, extension))


def decide_buy_now(
    terms: LotTerms, state: LotState, bidder: Bidder, at: datetime, status: Status = OPEN_TO_ALL
) -> Award | Refused:
    """Sell at the fixed price, only while no bid was ever accepted ("Buy now"). A bid that is void counts as well."""
    reason = _barred(terms, state, at, status)
    if reason is None and status.online_frozen:
        reason = Reason.ONLINE_FROZEN
    if reason is not None:
        return Refused(reason)
    if terms.buy_now is None or state.ever_bid:
        return Refused(Reason.NO_BUY_NOW)
    return Award(bidder, terms.buy_now)


def count_absentee(
    terms: LotTerms, state: LotState, entries: Iterable[Offer]
) -> Iterator[tuple[Offer, Accepted | Refused]]:
    """Count the absentee maxima, given in order of entry, as bids at the moment of opening ("Floor bids").

    Each entry comes back with its decision; the next one meets the state that it left. Pass eligible bidders only.
    To check one entry on the day it is made, decide it against `empty(terms)`. Raises ValueError without an opening.
    """
    if terms.opens is None:
        raise ValueError("absentee maxima need an opening time")
    for entry in entries:
        decision = decide_bid(terms, state, replace(entry, at=terms.opens, exact=False))
        if isinstance(decision, Accepted):
            state = decision.state
        yield entry, decision


def _lead(terms: LotTerms, lead: Lead | None, bid: Bid) -> Lead:
    """Rules 1 to 5 of "The fold"."""
    if lead is None:
        new = Lead(bid.bidder, bid.amount, bid.amount if bid.exact else terms.start, bid.exact)
    elif bid.bidder == lead.bidder:
        new = replace(lead, maximum=bid.amount)
    elif bid.amount > lead.maximum:
        step = min(bid.amount, lead.maximum + increment(terms, lead.maximum))
        new = Lead(bid.bidder, bid.amount, bid.amount if bid.exact else step, bid.exact)
    else:
        answer = min(lead.maximum, bid.amount + increment(terms, bid.amount))
        new = Lead(lead.bidder, lead.maximum, max(lead.price, answer))
    if terms.reserve is not None and new.price < terms.reserve <= new.maximum:
        return replace(new, price=terms.reserve)
    return new


def _closing_time(terms: LotTerms, state: LotState, bid: Bid) -> datetime:
    """C after a bid ("Soft close"). Every accepted bid but the leader's own raise changes price or leader."""
    window = timedelta(seconds=terms.soft_close_s)
    own_raise = bid.bidder == state.leader
    if own_raise or not timedelta(0) < state.closes_at - bid.at <= window:
        return state.closes_at
    return min(max(state.closes_at, bid.at + window), state.scheduled_end + timedelta(seconds=terms.cap_s))


def _replay_after_void(terms: LotTerms, state: LotState, log: Sequence[Event]) -> LotState:
    """The bids that stand after a log that ends with a void, folded anew; the closing time stays where it was."""
    _check_order(state, log[-1])
    folded = fold(terms, standing(log))
    return replace(state, lead=folded.lead, bids=folded.bids, last_seq=log[-1].seq)


def _extended(state: LotState, event: Extend) -> LotState:
    _check_order(state, event)
    closes_at = max(state.closes_at, event.scheduled_end)
    return replace(state, closes_at=closes_at, scheduled_end=event.scheduled_end, last_seq=event.seq)


def _barred(terms: LotTerms, state: LotState, at: datetime, status: Status) -> Reason | None:
    """Why nobody, or not this person, may bid or buy at this moment."""
    if terms.opens is not None and at < terms.opens:
        return Reason.NOT_OPEN
    if status.closed or at >= state.closes_at:
        return Reason.CLOSED
    if status.withdrawn:
        return Reason.WITHDRAWN
    if status.paused:
        return Reason.PAUSED
    if status.sold:
        return Reason.SOLD
    return None if status.eligible else Reason.NOT_ELIGIBLE


def _refusal(terms: LotTerms, state: LotState, offer: Offer, status: Status) -> Reason | None:
    """Why this bid may not stand. The leader's floor bid goes first: its number would tell the helper the maximum."""
    if offer.exact and offer.bidder == state.leader:
        return Reason.LEADER_FLOOR_BID
    if status.online_frozen and not offer.exact:
        return Reason.ONLINE_FROZEN
    if offer.amount % terms.unit:
        return Reason.NOT_WHOLE_UNITS
    if offer.amount < next_minimum(terms, state, offer.bidder):
        return Reason.BELOW_MINIMUM
    cap = sanity_cap(terms, state)
    if cap is not None and offer.amount > cap and not offer.confirmed:
        return Reason.ABOVE_CAP
    return None


def _check_order(state: LotState, event: Event) -> None:
    if event.seq <= state.last_seq:
        raise ValueError("the log is not in order of seq")
