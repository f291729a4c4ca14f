"""The term of an offer, in waking hours and where the clocks change; and who is served in part. Tables and oracles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.events.rules import Waiting, served, term

GENEVA, NEW_YORK, KATHMANDU = ZoneInfo("Europe/Zurich"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")
FAR = datetime(2030, 1, 1, tzinfo=UTC)


def local(text: str, zone: ZoneInfo = GENEVA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("made", "hours", "latest", "expected"),
    [
        ("2026-03-02T09:00", 4, "2026-05-01T18:00", "2026-03-02T13:00"),
        ("2026-03-02T20:00", 4, "2026-05-01T18:00", "2026-03-03T10:00"),  # over the night
        ("2026-03-02T22:00", 1, "2026-05-01T18:00", "2026-03-03T09:00"),  # nobody answers at ten in the evening
        ("2026-03-02T03:00", 2, "2026-05-01T18:00", "2026-03-02T10:00"),
        ("2026-03-02T08:00", 14, "2026-05-01T18:00", "2026-03-02T22:00"),  # a whole day, to the minute
        ("2026-03-02T12:00", 24, "2026-05-01T18:00", "2026-03-03T22:00"),  # 10 h that day, 14 h the next
        ("2026-03-02T12:00", 24, "2026-03-03T18:00", "2026-03-03T18:00"),  # never beyond the event's start
        ("2026-03-02T23:00", 24, "2026-03-02T23:30", "2026-03-02T23:30"),
        ("2026-03-28T20:00", 4, "2026-05-01T18:00", "2026-03-29T10:00"),  # the clocks go forward in the night
        ("2026-10-24T20:00", 4, "2026-12-01T18:00", "2026-10-25T10:00"),  # and back
    ],
)
def test_terms(made: str, hours: int, latest: str, expected: str) -> None:
    assert term(local(made), hours, GENEVA, local(latest)) == local(expected)


def by_the_minute(at: datetime, hours: int, zone: ZoneInfo, latest: datetime) -> datetime:
    """The same by counting: a minute after another, those between 8 and 22 o'clock count."""
    left, now = hours * 60, at.astimezone(UTC)
    while left > 0 and now < latest:
        awake = 8 <= now.astimezone(zone).hour < 22
        now += timedelta(minutes=1)
        left -= awake
    return min(now, latest.astimezone(UTC))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 366 * 24 * 60),
    st.integers(1, 40),
    st.sampled_from([GENEVA, NEW_YORK, KATHMANDU]),
    st.integers(1, 6000),
)
def test_against_counting_minutes(minute: int, hours: int, zone: ZoneInfo, ahead: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    latest = at + timedelta(minutes=ahead)
    assert term(at, hours, zone, latest) == by_the_minute(at, hours, zone, latest)


@given(st.integers(0, 366 * 24 * 60), st.integers(1, 40), st.sampled_from([GENEVA, NEW_YORK, KATHMANDU]))
def test_more_hours_never_end_sooner_and_nobody_has_to_answer_at_night(minute: int, hours: int, zone: ZoneInfo) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    until = term(at, hours, zone, FAR)
    assert at < until <= term(at, hours + 1, zone, FAR)
    clock = until.astimezone(zone)
    assert 8 <= clock.hour < 22 or (clock.hour, clock.minute) == (22, 0)


# Who is served, in part too


def seat_by_seat(free: int, queue: list[tuple[int, bool]]) -> dict[int, int]:
    """The same by handing out one seat after another, from the front each time."""
    given: dict[int, int] = {}
    for place, (missing, in_part) in enumerate(queue):
        if not in_part and missing > free:
            continue
        while free and given.get(place, 0) < missing:
            given[place] = given.get(place, 0) + 1
            free -= 1
    return given


queues = st.lists(st.tuples(st.integers(1, 6), st.booleans()), max_size=20)


@given(st.integers(0, 30), queues)
def test_in_part_against_handing_out_seats(free: int, queue: list[tuple[int, bool]]) -> None:
    waiting = [Waiting(place, missing, in_part) for place, (missing, in_part) in enumerate(queue)]
    assert {grant.id: grant.seats for grant in served(free, waiting)} == seat_by_seat(free, queue)


@given(st.integers(0, 30), queues)
def test_who_wants_to_sit_together_never_sits_in_part(free: int, queue: list[tuple[int, bool]]) -> None:
    waiting = [Waiting(place, missing, in_part) for place, (missing, in_part) in enumerate(queue)]
    for grant in served(free, waiting):
        missing, in_part = queue[grant.id]
        assert grant.seats == missing or (in_part and 0 < grant.seats < missing)


@given(st.integers(1, 30), queues)
def test_no_seat_stays_free_that_somebody_who_comes_in_part_could_have(
    free: int, queue: list[tuple[int, bool]]
) -> None:
    waiting = [Waiting(place, missing, in_part) for place, (missing, in_part) in enumerate(queue)]
    grants = {grant.id: grant.seats for grant in served(free, waiting)}
    rest = free - sum(grants.values())
    assume(rest)
    assert all(grants.get(place, 0) == missing for place, (missing, in_part) in enumerate(queue) if in_part)
