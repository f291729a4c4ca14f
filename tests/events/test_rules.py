"""The rules of seats and of an event's course, by tables and properties."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events import rules
from app.events.models import EventStatus
from app.events.rules import Reason, Terms, Waiting, ceiling, free_seats, refusal, served

START = datetime(2026, 3, 8, 17, tzinfo=UTC)
BEFORE, DURING, AFTER = START - timedelta(hours=1), START + timedelta(hours=1), START + timedelta(hours=3)


def terms(**changes: object) -> Terms:
    facts = {
        "status": EventStatus.PUBLISHED, "starts_at": START, "ends_at": START + timedelta(hours=2), "closes_at": None,
        "capacity": 10, "largest_party": 4,
    }  # fmt: skip
    return Terms(**(facts | changes))


@pytest.mark.parametrize(
    ("changes", "party", "at", "expected"),
    [
        ({}, 1, BEFORE, None),
        ({}, 4, BEFORE, None),
        ({}, 5, BEFORE, Reason.TOO_LARGE),
        ({"capacity": 2}, 3, BEFORE, Reason.TOO_LARGE),
        ({"capacity": 0}, 1, BEFORE, None),
        ({"capacity": None}, 1, BEFORE, Reason.NO_REGISTRATION),
        ({"status": EventStatus.DRAFT}, 1, BEFORE, Reason.NOT_OPEN),
        ({"status": EventStatus.POSTPONED}, 1, BEFORE, Reason.POSTPONED),
        ({"status": EventStatus.CANCELLED}, 1, BEFORE, Reason.CANCELLED),
        ({"status": EventStatus.HELD}, 1, BEFORE, Reason.OVER),
        ({}, 1, START, Reason.CLOSED),
        ({"closes_at": DURING}, 1, START, None),
        ({"closes_at": BEFORE}, 1, BEFORE, Reason.CLOSED),
        ({}, 1, START + timedelta(hours=2), Reason.OVER),
    ],
)
def test_who_may_register(changes: dict, party: int, at: datetime, expected: Reason | None) -> None:
    assert refusal(terms(**changes), party, at) is expected


@pytest.mark.parametrize(
    ("changes", "party", "at", "expected"),
    [
        ({}, 8, DURING, None),
        ({}, 11, BEFORE, Reason.TOO_LARGE),
        ({"closes_at": BEFORE}, 1, BEFORE, None),
        ({}, 1, AFTER, Reason.OVER),
        ({"status": EventStatus.CANCELLED}, 1, BEFORE, Reason.CANCELLED),
    ],
)
def test_an_organiser_may_add_until_the_end(changes: dict, party: int, at: datetime, expected: Reason | None) -> None:
    assert refusal(terms(**changes), party, at, by_organiser=True) is expected


@pytest.mark.parametrize(
    ("free", "queue", "expected"),
    [
        (0, [1], []),
        (1, [], []),
        (3, [1, 1, 1, 1], [0, 1, 2]),
        (2, [4, 2], [1]),
        (4, [4, 2], [0]),
        (5, [4, 2, 1], [0, 2]),
        (2, [3, 3, 3], []),
    ],
)
def test_who_is_served(free: int, queue: list[int], expected: list[int]) -> None:
    assert [waiting.id for waiting in served(free, _queue(queue))] == expected


def _queue(parties: list[int]) -> list[Waiting]:
    return [Waiting(place, party) for place, party in enumerate(parties)]


parties = st.lists(st.integers(1, 6), max_size=30)


@given(st.integers(0, 40), parties)
def test_no_oversale_no_seat_kept_from_who_fits_and_none_passed_who_could_sit(free: int, queue: list[int]) -> None:
    waiting = _queue(queue)
    seated = served(free, waiting)
    rest = free - sum(grant.seats for grant in seated)
    served_ids = {grant.id for grant in seated}
    assert rest >= 0
    assert all(party.missing > rest for party in waiting if party.id not in served_ids)
    left = free
    for party in waiting:  # whoever was passed did not fit at their turn
        assert (party.id in served_ids) == (party.missing <= left)
        left -= party.missing if party.id in served_ids else 0


@given(st.integers(0, 40), parties, st.integers(1, 6))
def test_a_newcomer_changes_nothing_for_those_before(free: int, queue: list[int], party: int) -> None:
    waiting = _queue(queue)
    alone = served(free, waiting)
    together = served(free, [*waiting, Waiting(-1, party)])
    assert [one for one in together if one.id != -1] == alone


@given(
    st.integers(0, 12),
    st.lists(
        st.one_of(
            st.tuples(st.just("come"), st.integers(1, 5)),
            st.tuples(st.just("leave"), st.integers(0, 20)),
            st.tuples(st.just("capacity"), st.integers(0, 12)),
        ),
        max_size=40,
    ),
)
def test_a_season_of_coming_leaving_and_changing_the_room(capacity: int, steps: list[tuple[str, int]]) -> None:
    """The rules alone, played against S1, S2, S4 and S6."""
    queue: list[Waiting] = []
    seated: dict[int, int] = {}
    for number, (what, value) in enumerate(steps):
        dropped = dict(seated)
        if what == "come":
            queue.append(Waiting(number, value))
        elif what == "leave" and seated:
            del seated[sorted(seated)[value % len(seated)]]
        elif what == "capacity":
            capacity = value
            assert seated == dropped  # a reduction drops nobody
        for grant in served(free_seats(capacity, sum(seated.values())), queue):
            queue[:] = [one for one in queue if one.id != grant.id]
            seated[grant.id] = grant.seats
        taken = sum(seated.values())
        assert taken <= ceiling(capacity, taken)
        assert taken <= capacity or set(seated) <= set(dropped)
        assert all(waiting.missing > free_seats(capacity, taken) for waiting in queue)


@pytest.mark.parametrize(
    ("before", "after", "at", "allowed"),
    [
        ("draft", "published", BEFORE, True),
        ("draft", "cancelled", BEFORE, False),
        ("draft", "held", AFTER, True),
        ("published", "held", BEFORE, False),
        ("published", "held", START, True),
        ("published", "draft", BEFORE, False),
        ("postponed", "published", BEFORE, True),
        ("postponed", "held", AFTER, False),
        ("cancelled", "published", BEFORE, False),
        ("held", "published", AFTER, False),
    ],
)
def test_the_course_of_an_event(before: str, after: str, at: datetime, allowed: bool) -> None:
    assert rules.may_become(EventStatus(before), EventStatus(after), START, at) is allowed


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("#000000", "#FFFFFF", 21.0), ("#FFFFFF", "#FFFFFF", 1.0), ("#777777", "#FFFFFF", 4.48)],
)
def test_contrast(first: str, second: str, expected: float) -> None:
    assert rules.contrast(first, second) == pytest.approx(expected, abs=0.01)
    assert rules.contrast(second, first) == rules.contrast(first, second)


@pytest.mark.parametrize(
    ("colour", "readable"), [("#5B2A86", True), ("#F2B134", False), ("#767676", False), ("#1F7A4D", True)]
)
def test_a_pale_accent_is_refused(colour: str, readable: bool) -> None:
    assert rules.readable_accent(colour) is readable
