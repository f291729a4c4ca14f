"""When what is repeated or moved takes place: against the plain calendar, in every zone, through changes of the clocks."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events.models import EventStatus
from app.events.rules import announced
from app.events.timing import Move, Rhythm, days

ZONES = ("Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "UTC")
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(DAYS, st.sampled_from(Rhythm), st.integers(1, 60))
def test_a_rhythm_is_kept(first: date, rhythm: Rhythm, times: int) -> None:
    found = days(first, rhythm, times)
    assert found[0] == first
    assert len(found) == times
    for before, after in pairwise(found):
        if rhythm in (Rhythm.WEEK, Rhythm.FORTNIGHT):
            assert after - before == timedelta(days=7 if rhythm is Rhythm.WEEK else 14)
        else:
            assert (after.year * 12 + after.month) - (before.year * 12 + before.month) == 1
    for day in found:
        length = calendar.monthrange(day.year, day.month)[1]
        if rhythm is Rhythm.MONTH_DAY:
            assert day.day == first.day or day.day == length < first.day
        if rhythm is Rhythm.MONTH_WEEK:
            assert day.weekday() == first.weekday()
            last_of_its_weekday = day.day + 7 > length
            assert (day.day - 1) // 7 == (first.day - 1) // 7 or last_of_its_weekday


@pytest.mark.parametrize(
    ("first", "rhythm", "expected"),
    [
        (date(2027, 1, 31), Rhythm.MONTH_DAY, ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
        (date(2028, 1, 30), Rhythm.MONTH_DAY, ["2028-01-30", "2028-02-29", "2028-03-30", "2028-04-30"]),
        (date(2026, 12, 10), Rhythm.MONTH_WEEK, ["2026-12-10", "2027-01-14", "2027-02-11", "2027-03-11"]),
        (date(2026, 12, 31), Rhythm.MONTH_WEEK, ["2026-12-31", "2027-01-28", "2027-02-25", "2027-03-25"]),
    ],
)
def test_months_of_all_lengths(first: date, rhythm: Rhythm, expected: list[str]) -> None:
    assert [day.isoformat() for day in days(first, rhythm, 4)] == expected


def zurich(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Zurich"), fold=fold).astimezone(UTC)


ZURICH = ZoneInfo("Europe/Zurich")


def test_a_session_at_nine_stays_at_nine_through_a_change_of_clocks() -> None:
    move = Move(zurich("2027-03-20T08:00"), ZURICH, zurich("2027-03-27T08:00"), ZURICH)
    assert move.of(zurich("2027-03-21T09:00")) == zurich("2027-03-28T09:00")
    assert zurich("2027-03-28T09:00") - zurich("2027-03-27T09:00") == timedelta(hours=23)


def test_a_move_to_another_zone_keeps_what_the_wall_shows() -> None:
    dakar = ZoneInfo("Africa/Dakar")
    start = datetime(2027, 7, 1, 18, 30, tzinfo=dakar).astimezone(UTC)
    move = Move(zurich("2027-07-01T18:30"), ZURICH, start, dakar)
    assert move.of(zurich("2027-07-01T20:00")).astimezone(dakar).strftime("%H:%M") == "20:00"


@given(MOMENTS, st.integers(0, 5 * 24 * 60), MOMENTS, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_what_ends_after_it_begins_still_does(start: datetime, minutes: int, to: datetime, old: str, new: str) -> None:
    end = start + timedelta(minutes=minutes)
    move = Move(start, ZoneInfo(old), to, ZoneInfo(new))
    moved_start, moved_end = move.span(start, end)
    assert moved_start == to
    assert moved_end > moved_start if minutes else moved_end >= moved_start
    shown = timedelta(hours=3)  # what all changes of clocks together can make of it
    assert abs((moved_end - moved_start) - timedelta(minutes=minutes)) <= shown or old != new


A, B, C = (datetime(2027, 3, day, 18, 30, tzinfo=UTC) for day in (8, 9, 10))


@pytest.mark.parametrize(
    ("status", "before", "old", "new", "expected"),
    [
        ("draft", None, A, B, None),
        ("published", None, A, B, A),
        ("published", A, B, C, B),
        ("published", A, B, A, None),  # back where it was announced for
        ("published", A, B, B, A),  # something else was changed
        ("postponed", A, A, B, A),
        ("postponed", None, A, B, A),
        ("cancelled", A, B, C, A),
        ("held", None, A, B, None),
    ],
)
def test_what_it_was_announced_for(
    status: str, before: datetime | None, old: datetime, new: datetime, expected: datetime | None
) -> None:
    assert announced(EventStatus(status), before, old, new) == expected
