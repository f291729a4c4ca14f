"""Reminders, who may say what, and which counts may be shown: tables, and properties against other ways to reckon."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events import after_rules as rules
from app.events.after_rules import CATEGORIES, Reminder, Sum
from app.events.models import OutcomeStatus

DUE = date(2026, 5, 20)
DAY = timedelta(days=1)


def on(days: int) -> date:
    """So many days after the due date."""
    return DUE + days * DAY


@pytest.mark.parametrize(
    ("due_on", "reminded_for", "today", "expected"),
    [
        (None, None, DUE, None),
        (DUE, None, on(-8), None),
        (DUE, None, on(-7), (Reminder.SOON, DUE)),
        (DUE, None, on(0), (Reminder.SOON, DUE)),
        (DUE, DUE, on(-3), None),
        (DUE, DUE, on(0), None),
        (DUE, DUE, on(1), (Reminder.LATE, on(1))),
        (DUE, None, on(40), (Reminder.LATE, on(40))),
        (DUE, on(1), on(7), None),
        (DUE, on(1), on(8), (Reminder.LATE, on(8))),
        (on(30), DUE, on(22), None),  # moved to later by somebody who forgot to forget: still once
        (on(30), DUE, on(23), (Reminder.SOON, on(30))),
    ],
)
def test_which_letter_is_due(
    due_on: date | None, reminded_for: date | None, today: date, expected: tuple[Reminder, date] | None
) -> None:
    assert rules.reminder(due_on, reminded_for, today) == expected


@given(days=st.lists(st.integers(-30, 90), max_size=120), due=st.integers(-5, 40))
def test_once_before_and_weekly_at_most_after_however_often_one_looks(days: list[int], due: int) -> None:
    due_on, reminded, soon, late = on(due), None, [], []
    for day in sorted(days):
        found = rules.reminder(due_on, reminded, on(day))
        if found:
            (soon if found[0] is Reminder.SOON else late).append(on(day))
            reminded = found[1]
    assert len(soon) <= 1 and all(due_on - 7 * DAY <= day <= due_on for day in soon)
    assert all(day > due_on for day in late)
    assert all(second - first >= 7 * DAY for first, second in pairwise(late))


def test_daily_looks_write_every_week() -> None:
    reminded, written = None, []
    for day in range(-30, 30):
        found = rules.reminder(DUE, reminded, on(day))
        if found:
            written.append(day)
            reminded = found[1]
    assert written == [-7, 1, 8, 15, 22, 29]


def test_the_day_begins_at_eight_where_the_event_was() -> None:
    zone = ZoneInfo("America/New_York")
    assert rules.the_day(datetime(2026, 5, 20, 11, 59, tzinfo=UTC), zone) == on(-1)
    assert rules.the_day(datetime(2026, 5, 20, 12, 0, tzinfo=UTC), zone) == DUE


@pytest.mark.parametrize("status", OutcomeStatus)
@pytest.mark.parametrize("wanted", OutcomeStatus)
def test_what_an_owner_may_say(status: OutcomeStatus, wanted: OutcomeStatus) -> None:
    may = status.value != "dropped" and wanted.value != "dropped"
    assert rules.owner_may(status, wanted) is may


def test_what_is_overdue() -> None:
    late = [status.value for status in OutcomeStatus if rules.overdue(status, on(-1), DUE)]
    assert late == ["open", "in_progress"]
    assert not rules.overdue(OutcomeStatus.OPEN, DUE, DUE)
    assert not rules.overdue(OutcomeStatus.OPEN, None, DUE)


# Which counts may be shown

COUNTS = st.fixed_dictionaries({name: st.integers(0, 12) for name in CATEGORIES})
CELLS = st.integers(2, 6)


@given(counts=COUNTS, cell=CELLS)
def test_no_hidden_count_can_be_worked_out_of_a_table(counts: dict[str, int], cell: int) -> None:
    """The reader knows the table, the minimum and how we hide. Every small number must still be possible in each hidden
    cell: found by trying all tables that would be shown alike."""
    shown = rules.publishable(counts, cell)
    assert all(count is None or count >= cell for count in (*shown.cells.values(), shown.total))
    assert all(count in (None, counts[name]) for name, count in shown.cells.items())
    hidden = [name for name, count in shown.cells.items() if count is None]
    alike = [
        guess for guess in product(range(13), repeat=len(hidden))
        if rules.publishable(counts | dict(zip(hidden, guess, strict=True)), cell) == shown
    ]  # fmt: skip
    for place, _name in enumerate(hidden):
        assert {guess[place] for guess in alike} == set(range(cell))
    assert all(count is not None for count in shown.cells.values()) == (shown.total is not None)


@given(counts=st.lists(st.integers(0, 9), min_size=1, max_size=4), cell=st.integers(2, 4))
def test_no_count_hidden_by_an_event_can_be_worked_out_of_the_year(counts: list[int], cell: int) -> None:
    """The same with a year's sum beside the tables of its events: each hidden count keeps two possible values."""

    def seen(of_events: list[int]) -> tuple[list[int | None], Sum]:
        tables = [({"woman": count}, cell) for count in of_events]
        return [rules.publishable(table, cell).cells["woman"] for table, _cell in tables], rules.over_events(tables)[
            "woman"
        ]

    shown = seen(counts)
    hidden = [place for place, count in enumerate(shown[0]) if count is None]
    alike = []
    for guess in product(range(cell), repeat=len(hidden)):
        tried = list(counts)
        for place, count in zip(hidden, guess, strict=True):
            tried[place] = count
        if seen(tried) == shown:
            alike.append(tried)
    for place in hidden:
        assert len({tried[place] for tried in alike}) > 1
    value, complete = shown[1].count, shown[1].complete
    if complete:
        assert value == sum(counts)
        assert not hidden or value - sum(count or 0 for count in shown[0]) >= cell
    elif value is not None:
        assert cell <= value <= sum(counts) and value == sum(count or 0 for count in shown[0])


def test_a_sum_says_at_least_where_one_event_hides() -> None:
    events = [({"woman": 30, "man": 3}, 5), ({"woman": 20, "man": 4}, 5), ({"woman": 3, "man": 2}, 5)]
    found = rules.over_events(events)
    assert found["woman"] == Sum(50, complete=False)
    assert found["man"] == Sum(9, complete=True)
    assert found["other"] == Sum(None, complete=False)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, False),
        ({"man": 1}, False),
        ({"man": 2}, True),
        ({"woman": 4, "unsaid": 3}, True),
        ({"man": 3, "woman": 1}, False),
        ({"man": 3, "other": 1}, False),
        ({"other": 2}, False),
        ({"unsaid": 5}, False),
    ],
)
def test_a_panel_of_one_sex(counts: dict[str, int], expected: bool) -> None:
    assert rules.of_one_sex(counts) is expected


@given(ratings=st.lists(st.integers(1, 5), max_size=30), least=st.integers(1, 10))
def test_ratings_are_shown_from_the_minimum_on(ratings: list[int], least: int) -> None:
    found = rules.rated(ratings, least)
    assert (found is None) is (len(ratings) < least)
    if found:
        assert sum(found.counts.values()) == found.answers == len(ratings)
        assert sum(stars * count for stars, count in found.counts.items()) == sum(ratings)
        assert 1 <= found.mean <= 5


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, True),
        ({"asked": False}, False),
        ({"over": False}, False),
        ({"came": False}, False),
        ({"given": True}, False),
        ({"since": timedelta(days=61)}, False),
    ],
)
def test_who_may_give_feedback(facts: dict[str, object], expected: bool) -> None:
    usual: dict[str, object] = {"asked": True, "over": True, "since": timedelta(days=1), "came": True, "given": False}
    assert rules.takes_feedback(**(usual | facts)) is expected  # type: ignore[arg-type]
