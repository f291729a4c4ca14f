"""The properties that `auction-rules.md` lists, over logs made by Hypothesis, with the naive oracle beside them.

One operation id and the invoice are no matter of the pure rules: their tests stand with the services that keep them.
"""

import ast
import inspect
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.auctions import replay, rules
from app.auctions.rules import Accepted, Award, Bid, Offer, Void
from tests.auctions import oracle

END = datetime(2026, 3, 8, 20, tzinfo=UTC)
TERMS = rules.LotTerms(start=1000, unit=100, increments=rules.INCREMENTS, scheduled_end=END)
UNIT = TERMS.unit
CAP = timedelta(minutes=30)

thorough = settings(max_examples=250, deadline=None)


@dataclass(frozen=True)
class Move:
    """An attempt: a bid `units` away from what the bidder needs, or a void of the `units`-th bid that stands."""

    kind: str
    bidder: str
    units: int
    seconds: int


@dataclass(frozen=True)
class Step:
    attempt: Offer | Void
    decision: object
    before: rules.LotState
    after: rules.LotState


def moves(kinds=("bid", "bid", "bid", "bid", "exact", "void"), max_size=25):
    # Mostly close to what is needed, where the rules have their edges; gaps that end both early and in the soft close.
    units = st.integers(-2, 12) | st.integers(0, 4) | st.integers(0, 400)
    seconds = st.integers(0, 130) | st.integers(0, 700)
    names = st.sampled_from("ABCD")
    return st.lists(st.builds(Move, st.sampled_from(kinds), names, units, seconds), max_size=max_size)


reserves = st.none() | st.integers(10, 120).map(lambda francs: francs * 100)
terms_with_reserve = reserves.map(lambda reserve: replace(TERMS, reserve=reserve))


def play(terms, plan):
    """Carry a plan out, each attempt decided on the state that the ones before it left; gives the steps and the log."""
    state, log, steps = rules.empty(terms), [], []
    at = END - timedelta(seconds=600)
    for move in plan:
        at += timedelta(seconds=move.seconds)
        if move.kind == "void":
            standing = rules.standing(log)
            target = standing[move.units % len(standing)].seq if standing else move.units
            attempt = Void(seq=0, target=target, at=at)
            decision = rules.decide_void(terms, state, log, target, at)
        else:
            amount = rules.next_minimum(terms, state, move.bidder) + move.units * UNIT
            attempt = Offer(bidder=move.bidder, amount=amount, at=at, exact=move.kind == "exact")
            decision = rules.decide_bid(terms, state, attempt)
        before = state
        if isinstance(decision, Accepted):
            log.append(decision.event)
            state = decision.state
        steps.append(Step(attempt, decision, before, state))
    return steps, log


def accepted_bids(steps):
    return [step for step in steps if isinstance(step.decision, Accepted) and isinstance(step.decision.event, Bid)]


def runner_up(bids, leader):
    """M2: the highest maximum of anybody but the leader."""
    return max((bid.amount for bid in bids if bid.bidder != leader), default=None)


def document(terms, steps):
    def event(attempt):
        at = attempt.at.isoformat()
        if isinstance(attempt, Void):
            return {"kind": "void", "seq": max(attempt.target, 1), "at": at}
        return {"kind": "bid", "bidder": attempt.bidder, "amount": attempt.amount, "at": at, "exact": attempt.exact}

    return {
        "currency": "CHF",
        "start": terms.start,
        "unit": terms.unit,
        "reserve": terms.reserve,
        "increments": [list(row) for row in terms.increments],
        "scheduled_end": terms.scheduled_end.isoformat(),
        "events": [event(step.attempt) for step in steps],
    }


@settings(thorough, max_examples=500)
@given(terms_with_reserve, moves())
def test_the_naive_oracle_gives_the_same_answers_and_states(terms, plan):
    given_document = document(terms, play(terms, plan)[0])
    assert list(replay.replay(given_document)) == oracle.lines(given_document)


tables = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 6)), max_size=4)


@thorough
@given(tables, st.integers(1, 20), st.integers(1, 5), moves(max_size=15))
def test_the_naive_oracle_agrees_under_any_table_of_increments(rows, start, first, plan):
    table = [(0, first * UNIT)]
    for gap, climb in rows:
        table.append((table[-1][0] + gap * UNIT, table[-1][1] + climb * UNIT))
    terms = replace(TERMS, start=start * UNIT, increments=tuple(table))
    given_document = document(terms, play(terms, plan)[0])
    assert list(replay.replay(given_document)) == oracle.lines(given_document)


@thorough
@given(terms_with_reserve, moves())
def test_price_is_at_most_the_maximum(terms, plan):
    for step in play(terms, plan)[0]:
        assert step.after.lead is None or terms.start <= step.after.price <= step.after.maximum


@thorough
@given(terms_with_reserve, moves())
def test_price_never_falls_without_a_void(terms, plan):
    for step in play(terms, plan)[0]:
        if isinstance(step.attempt, Offer) and step.before.lead:
            assert step.after.price >= step.before.price


@thorough
@given(terms_with_reserve, moves())
def test_price_lies_between_the_second_maximum_and_one_increment_above(terms, plan):
    steps, log = play(terms, plan)
    for step in steps:
        bids = rules.standing(log[: step.after.last_seq])
        second = runner_up(bids, step.after.leader)
        if second is None or step.after.lead.exact:
            continue
        upper = min(step.after.maximum, second + rules.increment(terms, second))
        if terms.reserve is not None and step.after.maximum >= terms.reserve:
            upper = max(upper, terms.reserve)
        assert second <= step.after.price <= max(upper, terms.start)


@thorough
@given(moves(kinds=("bid", "bid", "bid", "void")))
def test_price_is_exactly_one_increment_above_the_second_maximum_without_own_raises(plan):
    state, log = rules.empty(TERMS), []
    for move in plan:
        if move.kind == "bid" and move.bidder == state.leader:
            continue
        if move.kind == "void":
            standing = rules.standing(log)
            decision = rules.decide_void(TERMS, state, log, standing[-1].seq if standing else 0, END)
        else:
            amount = rules.next_minimum(TERMS, state, move.bidder) + move.units * UNIT
            decision = rules.decide_bid(
                TERMS, state, Offer(bidder=move.bidder, amount=amount, at=END - timedelta(hours=1))
            )
        if isinstance(decision, Accepted):
            state = decision.state
            log.append(decision.event)
        bids = rules.standing(log)
        second = runner_up(bids, state.leader)
        if second is not None and not has_own_raise(bids):
            assert state.price == max(TERMS.start, min(state.maximum, second + rules.increment(TERMS, second)))


def has_own_raise(bids):
    """A void can turn a rival's bid into an own raise."""
    return any(rules.fold(TERMS, bids[:index]).leader == bid.bidder for index, bid in enumerate(bids))


@thorough
@given(terms_with_reserve, moves())
def test_a_strictly_higher_maximum_leads(terms, plan):
    steps, log = play(terms, plan)
    for step in accepted_bids(steps):
        if step.before.lead and step.attempt.amount > step.before.maximum:
            assert (step.after.leader, step.after.maximum) == (step.attempt.bidder, step.attempt.amount)
    bids = rules.standing(log)
    if bids:
        highest = max(bid.amount for bid in bids)
        first = next(bid for bid in bids if bid.amount == highest)
        assert (rules.fold(terms, log).leader, rules.fold(terms, log).maximum) == (first.bidder, highest)


@thorough
@given(terms_with_reserve, moves(kinds=("bid",)), st.integers(0, 200), st.integers(0, 120))
def test_an_own_raise_changes_neither_leader_nor_price_except_to_the_reserve(terms, plan, extra, seconds_left):
    state = rules.fold(terms, play(terms, plan)[1])
    assume(state.lead and seconds_left)
    amount = rules.next_minimum(terms, state, state.leader) + extra * UNIT
    at = state.closes_at - timedelta(seconds=seconds_left)
    raised = rules.decide_bid(terms, state, Offer(bidder=state.leader, amount=amount, at=at)).state
    assert (raised.leader, raised.maximum, raised.closes_at) == (state.leader, amount, state.closes_at)
    to_reserve = terms.reserve is not None and state.price < terms.reserve <= amount
    assert raised.price == (terms.reserve if to_reserve else state.price)


@settings(thorough, max_examples=500)
@given(terms_with_reserve, moves(), st.integers(0, 30))
def test_a_void_never_raises_the_price(terms, plan, which):
    _, log = play(terms, plan)
    state, bids = rules.fold(terms, log), rules.standing(log)
    assume(bids)
    decision = rules.decide_void(terms, state, log, bids[which % len(bids)].seq, END)
    voided = bids[which % len(bids)]
    left = rules.standing([*log, decision.event])
    assert left == [bid for bid in bids if bid.bidder != voided.bidder or bid.seq < voided.seq]
    assert decision.state.price is None or decision.state.price <= state.price


@thorough
@given(terms_with_reserve, moves())
def test_replay_of_any_prefix_equals_the_state_shown_then(terms, plan):
    steps, log = play(terms, plan)
    shown = [step.after for step in steps if isinstance(step.decision, Accepted)]
    assert [state for _, state in rules.history(terms, log)] == shown
    for length, state in enumerate(shown, start=1):
        assert rules.fold(terms, log[:length]) == state
        assert log[length - 1].seq == length


@thorough
@given(terms_with_reserve, st.integers(10, 400), st.integers(10, 400))
def test_the_order_of_two_bidders_with_different_maxima_does_not_matter(terms, low, high):
    assume(low != high)
    ends = []
    for pair in ([("A", low), ("B", high)], [("B", high), ("A", low)]):
        state = rules.empty(terms)
        for bidder, francs in pair:
            decision = rules.decide_bid(
                terms, state, Offer(bidder=bidder, amount=francs * 100, at=END - timedelta(hours=1))
            )
            assume(isinstance(decision, Accepted))
            state = decision.state
        ends.append(state.lead)
    assert ends[0] == ends[1]


@thorough
@given(moves(max_size=40), st.integers(0, 400))
def test_no_accepted_bid_is_late_and_the_closing_time_never_moves_back_nor_passes_the_cap(plan, head_start):
    plan = [Move("bid", "D", 1, head_start), *plan]
    for step in play(TERMS, plan)[0]:
        if isinstance(step.attempt, Offer) and step.attempt.at >= step.before.closes_at:
            assert step.decision == rules.Refused(rules.Reason.CLOSED)
        assert step.before.closes_at <= step.after.closes_at <= END + CAP


@thorough
@given(moves(), st.randoms(use_true_random=False))
def test_a_clock_that_steps_back_never_moves_the_closing_time_back(plan, shuffled):
    jittered = [replace(move, seconds=move.seconds - shuffled.randint(0, 300)) for move in plan]
    for step in play(TERMS, jittered)[0]:
        assert step.before.closes_at <= step.after.closes_at <= END + CAP


@thorough
@given(terms_with_reserve, moves())
def test_exactly_one_award_for_a_closed_lot_that_met_its_reserve_else_none(terms, plan):
    _, log = play(terms, plan)
    state = rules.fold(terms, log)
    award = rules.settle(terms, state)
    assert award == rules.settle(terms, rules.fold(terms, log))
    if state.lead and (terms.reserve is None or state.maximum >= terms.reserve):
        assert award == Award(state.leader, state.price)
        assert award.price >= (terms.reserve or 0)
    else:
        assert award is None


@thorough
@given(terms_with_reserve, moves(kinds=("bid", "bid", "exact")), st.integers(0, 100), st.integers(1, 500))
def test_no_public_payload_holds_the_leaders_maximum(terms, plan, extra, more):
    """What is public stays the same, to the byte, whatever the secret is: so it cannot tell the secret."""
    state = rules.fold(terms, play(terms, plan)[1])
    at = END - timedelta(seconds=1)
    clear = max(state.maximum or 0, terms.reserve or 0, rules.next_minimum(terms, state))
    secret = clear + rules.increment(terms, clear) + extra * UNIT
    lines = []
    for amount in (secret, secret + more * UNIT):
        decision = rules.decide_bid(terms, state, Offer(bidder="E", amount=amount, at=at))
        rival = rules.decide_bid(terms, decision.state, Offer(bidder="F", amount=0, at=at))
        lines.append((public(terms, decision.state), repr(decision), rival))
    assert lines[0] == lines[1]


def public(terms, state):
    return (
        state.leader,
        state.price,
        rules.next_minimum(terms, state),
        rules.reserve_met(terms, state),
        state.closes_at,
        state.bids,
        state.last_seq,
    )


@thorough
@given(terms_with_reserve, st.permutations("ABCDEF"), st.lists(st.integers(10, 99), min_size=6, max_size=6))
def test_concurrent_bids_equal_the_serial_order_of_seq(terms, arrival, francs):
    """Whatever order the lock gives to bids made at once, seq keeps it, and the log tells the whole state."""
    at = END - timedelta(seconds=60)
    state, log = rules.empty(terms), []
    for bidder in arrival:
        amount = francs["ABCDEF".index(bidder)] * 100
        decision = rules.decide_bid(terms, state, Offer(bidder=bidder, amount=amount, at=at))
        if isinstance(decision, Accepted):
            log.append(decision.event)
            state = decision.state
    assert [event.seq for event in log] == list(range(1, len(log) + 1))
    as_read = sorted(random.Random(0).sample(log, len(log)), key=lambda event: event.seq)
    assert rules.fold(terms, as_read) == state
    if len(log) > 1:
        with pytest.raises(ValueError, match="order"):
            rules.fold(terms, log[::-1])


@thorough
@given(terms_with_reserve, moves(), st.sampled_from("ABCD"))
def test_the_log_without_a_bidder_is_the_log_of_the_others(terms, plan, unpaid):
    _, log = play(terms, plan)
    rest = rules.without_bidder(log, unpaid)
    assert rules.standing(rest) == [bid for bid in rules.standing(log) if bid.bidder != unpaid]
    offered, before = rules.fold(terms, rest), rules.fold(terms, log)
    assert offered.leader != unpaid
    assert offered.price is None or offered.price <= before.price


@thorough
@given(terms_with_reserve, moves())
def test_the_number_told_with_a_refusal_is_the_least_that_is_accepted(terms, plan):
    for step in play(terms, plan)[0]:
        needed = getattr(step.decision, "minimum", None)
        if needed is None:
            continue
        assert step.attempt.amount < needed
        assert isinstance(rules.decide_bid(terms, step.before, replace(step.attempt, amount=needed)), Accepted)
        less = replace(step.attempt, amount=needed - UNIT)
        assert rules.decide_bid(terms, step.before, less) == rules.Refused(rules.Reason.BELOW_MINIMUM, needed)


@pytest.mark.parametrize("module", [rules, replay])
def test_no_rule_reads_a_clock(module):
    """Nor anything else outside its arguments: only these modules are imported, and no clock is named."""
    allowed = {"bisect", "collections.abc", "dataclasses", "datetime", "enum", "itertools", "re", "typing"}
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= allowed
        if isinstance(node, ast.ImportFrom):
            assert node.module in allowed | {"app.auctions"}
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"now", "utcnow", "today", "time", "monotonic"}
        if isinstance(node, ast.Name):
            assert node.id not in {"open", "input", "print", "__import__", "globals"}
