"""Which questions are asked: the pure rule against a slow one that asks, answers and looks again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events.conditions import Conditional, asked, may_follow

CHILDREN, SEATS, OTHER = Conditional(1), Conditional(2, 1, "yes"), Conditional(3, 2, "Booster")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, {1}),
        ({1: "no"}, {1}),
        ({1: "yes"}, {1, 2}),
        ({1: "yes", 2: "Booster"}, {1, 2, 3}),
        ({1: "yes", 2: "High chair\nBooster"}, {1, 2, 3}),
        ({1: "yes", 2: "Boosters"}, {1, 2}),
        ({1: "no", 2: "Booster"}, {1}),  # what was typed into a question that is not asked opens nothing
        ({2: "Booster"}, {1}),
    ],
)
def test_what_is_asked(answers: dict[int, str], expected: set[int]) -> None:
    assert asked([CHILDREN, SEATS, OTHER], answers) == expected


def test_a_question_whose_condition_is_retired_is_not_asked() -> None:
    assert asked([SEATS], {1: "yes"}) == set()


VALUES = ("yes", "no", "")


@st.composite
def forms(draw: st.DrawFn) -> list[Conditional]:
    size = draw(st.integers(0, 7))
    rows = []
    for number in range(1, size + 1):
        earlier = draw(st.sampled_from([None, *range(1, number)]))
        rows.append(Conditional(number, earlier, draw(st.sampled_from(VALUES[:2])) if earlier else ""))
    return rows


@given(forms(), st.dictionaries(st.integers(1, 7), st.sampled_from(VALUES)))
def test_against_asking_again_and_again(rows: list[Conditional], answers: dict[int, str]) -> None:
    def is_asked(row: Conditional) -> bool:
        if row.condition_id is None:
            return True
        above = {one.id: one for one in rows}[row.condition_id]
        return is_asked(above) and answers.get(above.id) == row.condition_value

    assert may_follow(rows)
    assert asked(rows, answers) == {row.id for row in rows if is_asked(row)}


@pytest.mark.parametrize(
    ("order", "possible"),
    [([CHILDREN, SEATS, OTHER], True), ([SEATS, CHILDREN], False), ([CHILDREN, OTHER, SEATS], False), ([SEATS], True)],
)
def test_an_order_in_which_each_follows_its_condition(order: list[Conditional], possible: bool) -> None:
    assert may_follow(order) is possible
