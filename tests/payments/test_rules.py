"""The state of a payment is a function of the set of facts (M2); splits are exact."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.payments.rules import Fact, FactKind, State, fold, further, split

FACTS = st.lists(
    st.builds(
        Fact,
        kind=st.sampled_from(FactKind),
        id=st.sampled_from("abcd"),
        amount=st.integers(0, 5000),
        fee=st.integers(0, 300),
    ),
    max_size=12,
)
WEIGHTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=8)
PAID = Fact(FactKind.CAPTURED, "s", 3500)
BACK = Fact(FactKind.REFUNDED, "r", 500)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ([], State("pending")),
        ([Fact(FactKind.EXPIRED, "s")], State("expired")),
        ([Fact(FactKind.FAILED, "s")], State("expired")),
        ([BACK], State("pending")),
        ([PAID], State("captured", 3500)),
        ([PAID, Fact(FactKind.EXPIRED, "s")], State("captured", 3500)),
        ([PAID, Fact(FactKind.FEE, "c", fee=132)], State("captured", 3500, 132)),
        ([PAID, BACK], State("captured", 3500, 0, 500, (("r", 500),))),
        ([PAID, BACK, replace(BACK, id="q")], State("captured", 3500, 0, 1000, (("q", 500), ("r", 500)))),
        ([PAID, BACK, Fact(FactKind.REFUND_FAILED, "r", 500)], State("captured", 3500)),
        ([PAID, Fact(FactKind.REFUNDED, "r", 9999)], State("captured", 3500, 0, 3500, (("r", 9999),))),
    ],
)
def test_states(facts: list[Fact], state: State) -> None:
    assert fold(facts) == state


@given(FACTS, st.randoms(use_true_random=False))
def test_order_and_duplicates_do_not_matter(facts: list[Fact], random: object) -> None:
    told = facts + [random.choice(facts) for _ in range(len(facts))]  # type: ignore[attr-defined]
    random.shuffle(told)  # type: ignore[attr-defined]
    assert fold(told) == fold(facts)


@given(FACTS)
def test_never_more_back_than_came(facts: list[Fact]) -> None:
    state = fold(facts)
    assert 0 <= state.refunded <= state.captured


@given(st.integers(0, 10**11), WEIGHTS)
def test_a_split_is_exact_and_fair(total: int, weights: list[int]) -> None:
    shares = split(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * sum(weights) - total * weight) < sum(weights)


@given(WEIGHTS, st.lists(st.integers(0, 10**6), max_size=6))
def test_parts_of_a_sum_end_at_each_line(weights: list[int], parts: list[int]) -> None:
    """Paid in any parts, each line has its own amount in the end, to the centime."""
    sums, before = [0] * len(weights), 0
    for after in [*(min(sum(parts[: n + 1]), sum(weights)) for n in range(len(parts))), sum(weights)]:
        sums = [old + new for old, new in zip(sums, further(before, after, weights), strict=True)]
        assert sum(sums) == after
        before = after
    assert sums == weights


def test_nothing_to_split_over() -> None:
    with pytest.raises(ValueError, match="nothing"):
        split(5, [])
