"""More time as an event of the log: the fold against the naive oracle, and what must hold with extensions in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given

from app.auctions import replay, rules
from app.auctions.rules import Accepted, Extend, Reason
from tests.auctions import oracle
from tests.auctions.test_rules_properties import CAP, END, TERMS, Move, moves, terms_with_reserve, thorough

KINDS = ("bid", "bid", "bid", "exact", "void", "extend", "extend")


def play(
    terms: rules.LotTerms, plan: list[Move]
) -> tuple[list[dict[str, Any]], list[rules.LotState], list[rules.Event]]:
    """Carry a plan out: what was asked, the state after each step, and the log."""
    state, log = rules.empty(terms), list[rules.Event]()
    asked, states, at = list[dict[str, Any]](), [state], END - timedelta(seconds=600)
    decision: Any
    for move in plan:
        at += timedelta(seconds=move.seconds)
        raw: dict[str, Any] = {"kind": move.kind, "at": at.isoformat()}
        if move.kind == "void":
            standing = rules.standing(log)
            target = standing[move.units % len(standing)].seq if standing else max(move.units, 1)
            decision, raw["seq"] = rules.decide_void(terms, state, log, target, at), target
        elif move.kind == "extend":
            end = max(state.closes_at, at) + timedelta(seconds=move.units * 7)
            decision, raw["scheduled_end"] = rules.decide_extension(state, end, at), end.isoformat()
        else:
            amount = rules.next_minimum(terms, state, move.bidder) + move.units * terms.unit
            offer = rules.Offer(bidder=move.bidder, amount=amount, at=at, exact=move.kind == "exact")
            decision = rules.decide_bid(terms, state, offer)
            raw |= {"kind": "bid", "bidder": move.bidder, "amount": amount, "exact": offer.exact}
        if isinstance(decision, Accepted):
            log.append(decision.event)
            state = decision.state
        asked.append(raw)
        states.append(state)
    return asked, states, log


@thorough
@given(terms_with_reserve, moves(kinds=KINDS))
def test_the_naive_oracle_gives_the_same_answers_with_extensions(terms: rules.LotTerms, plan: list[Move]) -> None:
    document = {
        "currency": "CHF", "start": terms.start, "unit": terms.unit, "reserve": terms.reserve,
        "increments": [list(row) for row in terms.increments], "scheduled_end": terms.scheduled_end.isoformat(),
        "events": play(terms, plan)[0],
    }  # fmt: skip
    assert list(replay.replay(document)) == oracle.lines(document)


@thorough
@given(terms_with_reserve, moves(kinds=KINDS))
def test_the_closing_time_only_moves_on_and_the_fold_finds_each_state(terms: rules.LotTerms, plan: list[Move]) -> None:
    _asked, states, log = play(terms, plan)
    for before, after in pairwise(states):
        assert after.closes_at >= before.closes_at
        assert after.scheduled_end >= before.scheduled_end
        assert after.closes_at <= after.scheduled_end + CAP
    assert rules.fold(terms, log) == states[-1]


@thorough
@given(terms_with_reserve, moves(kinds=KINDS))
def test_an_extension_changes_nothing_but_the_time(terms: rules.LotTerms, plan: list[Move]) -> None:
    _asked, _states, log = play(terms, plan)
    before = rules.empty(terms)
    for event, after in rules.history(terms, log):
        if isinstance(event, Extend):
            assert (after.lead, after.bids) == (before.lead, before.bids)
            assert after.closes_at == after.scheduled_end == event.scheduled_end
        before = after


@thorough
@given(terms_with_reserve, moves(kinds=KINDS))
def test_without_somebody_the_log_is_still_one(terms: rules.LotTerms, plan: list[Move]) -> None:
    _asked, _states, log = play(terms, plan)
    kept = rules.without_bidder(log, "A")
    state = rules.fold(terms, kept)
    assert state.leader != "A"
    assert [event for event in kept if isinstance(event, Extend)] == [one for one in log if isinstance(one, Extend)]


@pytest.mark.parametrize(
    ("end", "at", "reason"),
    [
        (END, END - timedelta(minutes=5), Reason.NOT_LATER),
        (END + timedelta(seconds=1), END - timedelta(minutes=5), None),
        (END + timedelta(minutes=5), END + timedelta(minutes=4), None),
        (END + timedelta(minutes=5), END + timedelta(minutes=5), Reason.NOT_LATER),
        (END - timedelta(minutes=1), END - timedelta(minutes=5), Reason.NOT_LATER),
    ],
)
def test_only_a_later_time_that_is_still_to_come(end: datetime, at: datetime, reason: Reason | None) -> None:
    decision = rules.decide_extension(rules.empty(TERMS), end, at)
    assert (decision.reason if isinstance(decision, rules.Refused) else None) is reason
