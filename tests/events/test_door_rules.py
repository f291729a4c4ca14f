"""Which door keeps a ticket: by the rules, and by devices that hear of each other late, in every order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.events.door_rules import SILENT, Post, keeper, kept_by_silent, ruling
from app.events.models import Verdict

T0 = datetime(2026, 3, 8, 18, tzinfo=UTC)
TICKETS = range(1, 25)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9), st.booleans())
def test_a_ruling_never_counts_more_than_there_are_seats(seats: int, arrived: int, people: int, let_in: bool) -> None:
    made = ruling(seats, min(arrived, seats), people, let_in=let_in)
    free = seats - min(arrived, seats)
    assert 0 <= made.counted <= min(free, people)
    assert (made.verdict is Verdict.ADMITTED) == (made.counted > 0)
    assert made.conflict == (let_in and made.counted < people)
    if not let_in:
        assert made.counted == (people if people <= free else 0)


def test_refusals_say_why() -> None:
    assert ruling(2, 2, 1, let_in=False).verdict is Verdict.AGAIN
    assert ruling(2, 1, 2, let_in=False).verdict is Verdict.BEYOND
    assert ruling(0, 0, 1, let_in=True).verdict is Verdict.NOT_VALID


def post(number: int, opened: int, heard: int | None) -> Post:
    return Post(number, T0 + timedelta(seconds=opened), None if heard is None else T0 + timedelta(seconds=heard))


def test_doors_that_know_each_other_share_the_tickets() -> None:
    doors = [post(1, 0, 30), post(2, 10, 30), post(3, 20, 30)]
    shares = {
        number: [ticket for ticket in range(300) if keeper(ticket, doors, number) == number] for number in (1, 2, 3)
    }
    assert sorted(ticket for share in shares.values() for ticket in share) == list(range(300))
    assert min(len(share) for share in shares.values()) > 70


def test_a_new_door_keeps_nothing_that_a_deaf_one_may_hold() -> None:
    deaf, new = post(1, 0, 5), post(2, 10, 12)
    assert {keeper(ticket, [deaf, new], 2) for ticket in TICKETS} == {1}
    assert {keeper(ticket, [deaf, new], 1) for ticket in TICKETS} == {1, 2}  # it learns from this very list


def test_only_a_silent_door_keeps_its_tickets_from_the_others() -> None:
    doors = [post(1, 0, 100), post(2, 0, 100)]
    at = T0 + timedelta(seconds=100) + SILENT
    assert all(kept_by_silent(ticket, doors, 1, at) is None for ticket in TICKETS)
    later = at + timedelta(seconds=1)
    assert {kept_by_silent(ticket, doors, 1, later) for ticket in TICKETS} == {None, 2}
    assert all(kept_by_silent(ticket, [doors[0]], 1, later) is None for ticket in TICKETS)


class Evening(RuleBasedStateMachine):
    """Devices open doors, ask for lists, lose answers, stay away, come back, close: no ticket is ever kept by two."""

    @initialize()
    def begin(self) -> None:
        self.second = 0
        self.opened: dict[int, datetime] = {}  # open doors
        self.heard: dict[int, datetime] = {}  # what the house knows of each device
        self.lists: dict[int, tuple[datetime, frozenset[int]]] = {}  # what each device holds: made, its own tickets

    def tick(self) -> datetime:
        self.second += 1
        return T0 + timedelta(seconds=self.second)

    @rule()
    def open(self) -> None:
        if len(self.opened) < 4:
            number = self.second + 1
            self.opened[number] = self.tick()

    @rule(which=st.integers(0, 9), lost=st.booleans())
    def ask(self, which: int, lost: bool) -> None:
        """A device asks, telling what it holds; the answer may be lost."""
        if not self.opened:
            return
        number = sorted(self.opened)[which % len(self.opened)]
        made = self.tick()
        if number in self.lists:
            self.heard[number] = self.lists[number][0]
        doors = [Post(one, at, self.heard.get(one)) for one, at in self.opened.items()]
        own = frozenset(ticket for ticket in TICKETS if keeper(ticket, doors, number) == number)
        if not lost:
            self.lists[number] = (made, own)

    @rule(which=st.integers(0, 9))
    def close(self, which: int) -> None:
        if self.opened:
            number = sorted(self.opened)[which % len(self.opened)]
            self.tick()
            del self.opened[number]
            self.lists.pop(number, None)

    @invariant()
    def nobody_keeps_what_another_keeps(self) -> None:
        taken = [ticket for _made, own in getattr(self, "lists", {}).values() for ticket in own]
        assert len(taken) == len(set(taken))


Evening.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestEvening = Evening.TestCase
