"""At the door: who comes in, who came in already, seats for walk-ins, and what is taken back. By the service."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import attendance, door, door_keeping, papers, services, tickets
from app.events.changes import change_party
from app.events.door_keeping import DoorRefused
from app.events.door_queries import Count, conflicts_of, count_of, device_list, found_by_name
from app.events.models import Admission, Event, PoolKind, Registration, SeatPool, Source, Verdict
from app.events.seats import RegistrationRefused
from app.events.tickets import ticket_text
from tests.events.door_helpers import arrived, door_faults, heard, open_door, pool_of, scan, walk_in
from tests.events.helpers import mails, make_event, seat


def later(seconds: float = 60) -> object:
    return travel(now() + timedelta(seconds=seconds))


def test_a_party_comes_in_parts(app: Flask) -> None:
    event = make_event(capacity=9)
    party = seat(event, "Ann", 4)
    told = scan(event, party, people=3)
    assert (told.word, told.registration.arrived, told.registration.seated) == ("admitted", 3, 4)
    assert scan(event, party, people=2).word == "beyond"
    assert scan(event, party).word == "admitted"
    again = scan(event, party)
    assert (again.word, again.before.people) == ("again", 1)
    assert arrived(party) == 4
    assert door_faults(event) == []


def test_a_scan_counts_once_however_often_it_is_sent(app: Flask) -> None:
    event = make_event(capacity=9)
    party = seat(event, "Ann", 2)
    answers = [scan(event, party, id="one-scan-only", let_in=let_in) for let_in in (False, True, False)]
    assert [told.word for told in answers] == ["admitted"] * 3
    assert arrived(party) == 1


def test_who_has_no_seat_is_told_why(app: Flask) -> None:
    event, other = make_event(capacity=2), make_event(capacity=2)
    gone, waiting = seat(event, "Ann", 2), seat(event, "Bea", 2)
    with atomic():
        services.withdraw(gone.id)  # Bea has a seat now
    late = seat(event, "Cy")
    told = [scan(event, one) for one in (gone, late, seat(other, "Dot"))] + [scan(event, code="K1.9.nonsense")]
    assert [(one.word, one.reason) for one in told] == [
        ("not_valid", "withdrawn"), ("not_valid", "waiting"), ("not_valid", "other_event"), ("not_valid", "unknown"),
    ]  # fmt: skip
    assert told[2].registration is None  # another event's guests are nobody's business
    assert scan(event, waiting, people=2).word == "admitted"
    assert conflicts_of(event.id) == []


def test_by_name_too(app: Flask) -> None:
    event = make_event(capacity=9)
    party = seat(event, "Ann")
    assert [row.id for row in found_by_name(event.id, "an")] == [party.id]
    assert found_by_name(make_event(capacity=9).id, "an") == []
    assert scan(event, registration_id=party.id).word == "admitted"
    assert scan(make_event(capacity=9), registration_id=party.id).reason == "other_event"


def test_let_in_without_network_is_counted_as_far_as_there_are_seats(app: Flask) -> None:
    """Two devices that could not hear of each other: nobody counts twice, and the organiser is told."""
    event = make_event(capacity=9)
    party = seat(event, "Ann", 3)
    north, south = open_door(event), open_door(event, "South")
    first = scan(event, party, north, people=2, let_in=True, offline=True)
    second = scan(event, party, south, people=2, let_in=True, offline=True)
    third = scan(event, party, south, people=1, let_in=True, offline=True)
    assert [(one.word, one.people, one.conflict) for one in (first, second, third)] == [
        ("admitted", 2, False), ("admitted", 1, True), ("again", 1, True),
    ]  # fmt: skip
    assert arrived(party) == 3
    assert len(conflicts_of(event.id)) == 2
    assert door_faults(event) == []


def test_a_seat_given_back_while_a_device_was_away_is_a_conflict(app: Flask) -> None:
    event = make_event(capacity=2)
    party = seat(event, "Ann", 2)
    text = ticket_text(party)
    with atomic():
        services.withdraw(party.id)
    told = scan(event, code=text, let_in=True, offline=True)
    assert (told.word, told.reason, told.conflict, arrived(party)) == ("not_valid", "withdrawn", True, 0)


def test_what_a_device_decided_after_it_never_heard_us_stands(app: Flask) -> None:
    """Our refusal got lost, and the device let them in by its list: that is what happened, so it is told."""
    event = make_event(capacity=9)
    party = seat(event, "Ann")
    scan(event, party)
    assert scan(event, party, id="answer-got-lost").word == "again"
    told = scan(event, party, id="answer-got-lost", let_in=True, offline=True)
    assert (told.word, told.conflict) == ("again", True)
    assert len(conflicts_of(event.id)) == 1


def test_a_ticket_of_a_silent_door_is_sent_there(app: Flask) -> None:
    event = make_event(capacity=40)
    north, south = open_door(event), open_door(event, "South")
    heard(north, south)
    parties = [seat(event, f"Guest{number}") for number in range(12)]
    with later():
        heard(south)
        told = [scan(event, party, south) for party in parties]
        assert {one.word for one in told} == {"admitted", "elsewhere"}
        sent = next(one for one in told if one.word == "elsewhere")
        assert sent.keeper.name == "North" and sent.registration.arrived == 0
        assert db.session.scalar(select(func.count()).select_from(Admission)) == sum(
            one.word == "admitted" for one in told
        )
        party = next(one for one in parties if one.id == sent.registration.id)
        assert scan(event, party, south, anyway=True).word == "admitted"
        kept = scan(event, party, north, let_in=True, offline=True)
        assert (kept.word, kept.conflict) == ("again", True)
    assert door_faults(event) == []


# Walk-ins and seats


def test_a_door_keeps_seats_until_it_is_closed(app: Flask) -> None:
    event = make_event(capacity=6)
    with pytest.raises(DoorRefused) as refused:
        open_door(event, allotment=7)
    assert (refused.value.reason, refused.value.free) == ("seats", 6)
    north = open_door(event, allotment=4)
    assert (pool_of(event).held, pool_of(event).free) == (4, 2)
    with pytest.raises(DoorRefused, match="name"):
        open_door(event, " north".strip())
    family, single = seat(event, "Ann", 3), seat(event, "Bea")
    assert (family.seated, single.seated) == (0, 1)
    assert walk_in(event, north, people=3, let_in=True, offline=True).word == "admitted"
    assert (pool_of(event).held, pool_of(event).confirmed) == (1, 4)
    for _twice in range(2):
        with atomic():
            door_keeping.close_door(north.id)
    db.session.refresh(family)
    assert (pool_of(event).held, pool_of(event).free, family.seated) == (0, 2, 0)
    assert door_faults(event) == []


def test_closing_a_door_serves_the_queue(app: Flask) -> None:
    event = make_event(capacity=4)
    north = open_door(event, allotment=4)
    family = seat(event, "Ann", 4)
    assert family.seated == 0
    with atomic():
        door_keeping.close_door(north.id)
    db.session.refresh(family)
    assert family.seated == 4 and mails("event_promoted", "ann@")
    assert door_faults(event) == []


def test_walk_ins_take_free_seats_first_and_then_the_doors_own(app: Flask) -> None:
    event = make_event(capacity=5)
    north = open_door(event, allotment=2)
    told = [walk_in(event, north, people=3, name="Lu"), walk_in(event, north, people=2), walk_in(event, north)]
    assert [one.word for one in told] == ["admitted", "admitted", "beyond"]
    walk_ins = select(Registration).where(Registration.source == Source.WALK_IN)
    rows = db.session.scalars(walk_ins.order_by(Registration.id)).all()
    assert [(row.name, row.seated, row.arrived) for row in rows] == [("Lu", 3, 3), ("Walk-in", 2, 2)]
    assert mails("event_confirmed") == []
    assert (count_of(event.id).arrived, count_of(event.id).expected) == (5, 5)
    assert door_faults(event) == []


def test_nobody_who_waits_is_passed_by_a_walk_in(app: Flask) -> None:
    event = make_event(capacity=4)
    seat(event, "Ann", 2)
    family = seat(event, "Bea", 3)  # does not fit; two seats are free
    assert walk_in(event, people=1).word == "admitted"
    assert walk_in(event, people=2).reason == "full"
    assert family.seated == 0
    assert door_faults(event) == []


def test_walk_ins_without_network_beyond_what_there_is_are_told_and_never_oversold(app: Flask) -> None:
    event = make_event(capacity=3)
    north = open_door(event, allotment=2)
    seat(event, "Ann")
    with atomic():
        door_keeping.close_door(north.id)  # by an organiser, while its device was away
    seat(event, "Bea", 2)
    told = walk_in(event, north, people=2, let_in=True, offline=True)
    assert (told.word, told.reason, told.conflict) == ("beyond", "full", True)
    assert door_faults(event) == []


def test_a_name_is_found_without_its_accents(app: Flask) -> None:
    event = make_event(capacity=9)
    seat(make_event(capacity=9), "Élodie")
    row = seat(event, "Élodie")
    assert found_by_name(event.id, "ELODIE") == [row]


def test_who_is_in_the_room_gives_no_seat_back(app: Flask) -> None:
    event = make_event(capacity=9)
    family = seat(event, "Ann", 4)
    scan(event, family, people=2)
    with pytest.raises(RegistrationRefused), atomic():
        services.withdraw(family.id)
    with pytest.raises(RegistrationRefused), atomic():
        change_party(family.id, 1)
    with atomic():
        assert change_party(family.id, 2).seated == 2  # the two who did not come
    assert door_faults(event) == []


# Taking back, and forgetting


def test_an_admission_is_taken_back_once(app: Flask) -> None:
    event = make_event(capacity=9)
    party = seat(event, "Ann", 3)
    scan(event, party, id="a-first-scan", people=2)
    scan(event, party)
    for number in range(2):
        told = scan(event, kind=door.Kind.UNDO, id=f"undo-number-{number}", of="a-first-scan")
        assert (told.word, arrived(party)) == ("undone", 1)
    assert scan(event, party, id="a-first-scan", people=2).word == "undone"  # sent again by a device that heard nothing
    assert arrived(party) == 1
    assert door_faults(event) == []


def test_what_is_taken_back_before_it_arrives_never_counts(app: Flask) -> None:
    event = make_event(capacity=9)
    party = seat(event, "Ann")
    scan(event, kind=door.Kind.UNDO, id="undo-comes-first", of="still-on-its-way")
    assert scan(event, party, id="still-on-its-way").word == "undone"
    assert arrived(party) == 0


def test_what_an_organiser_corrected_meanwhile_is_taken_back_no_further_than_to_nobody(app: Flask) -> None:
    event = make_event(days=0.01, capacity=9)
    party = seat(event, "Ann", 3)
    scan(event, party, id="both-of-them", people=2)
    with travel(event.starts_at), atomic():
        attendance.note_attendance(event.id, {party.id: 1}, actor_id=None)
    assert scan(event, kind=door.Kind.UNDO, id="an-undo-later", of="both-of-them").word == "undone"
    assert arrived(party) == 0


def test_a_walk_in_taken_back_leaves_a_seat(app: Flask) -> None:
    event = make_event(capacity=2)
    walk_in(event, people=2, id="somebody-new")
    waiting = seat(event, "Ann", 2)
    admission = db.session.scalars(select(Admission)).one()
    with atomic():
        door.undo(admission.id, None)
    db.session.refresh(waiting)
    assert waiting.seated == 2
    assert door_faults(event) == []


def test_an_event_that_is_over_closes_its_doors_and_forgets_who_came_when(app: Flask) -> None:
    event = make_event(days=0.01, hours=1, capacity=9)
    party = seat(event, "Ann", 2)
    open_door(event, allotment=5)
    scan(event, party)
    walk_in(event, name="Lu in passing")
    with travel(event.ends_at + door_keeping.GRACE + timedelta(minutes=1)):
        door_keeping.sweep()
        assert pool_of(event).held == 0 and door_keeping.open_doors(event.id) == []
        assert count_admissions() == 2
        with pytest.raises(DoorRefused, match="closed"):
            open_door(event, "South")
    with travel(event.ends_at + door_keeping.KEPT + timedelta(minutes=1)):
        door_keeping.sweep()
    assert count_admissions() == 0 and arrived(party) == 1
    assert set(db.session.scalars(select(Registration.name))) == {"Ann", "–"}


def count_admissions() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Admission)) or 0


# What a device is given


def hybrid() -> tuple[Event, Registration, Registration]:
    """A room and places online, which come first; Ann sits in the room, Bea online."""
    event = make_event(capacity=9, online_url="https://meet.example/x")
    with atomic():
        db.session.get_one(SeatPool, event.pools[0].id).position = 1
        db.session.add(SeatPool(event_id=event.id, kind=PoolKind.ONLINE, position=0, capacity=5, ceiling=5))
    db.session.expire_all()
    online, room = event.pools
    assert online.kind is PoolKind.ONLINE
    return event, seat(event, "Ann", pool_id=room.id), seat(event, "Bea", 2, pool_id=online.id)


def test_who_sits_online_comes_by_no_door(app: Flask) -> None:
    event, ann, bea = hybrid()
    told = [scan(event, one) for one in (ann, bea)]
    assert [(one.word, one.reason) for one in told] == [("admitted", ""), ("not_valid", "online")]
    assert count_of(event.id) == Count(1, 1)
    walk_in(event)
    assert (event.pools[0].confirmed, event.pools[1].confirmed) == (2, 2)  # a chair, not a place online
    north = open_door(event, allotment=3)
    assert db.session.get_one(SeatPool, north.pool_id).kind is PoolKind.ROOM
    content = device_list(event, north, [north])
    assert {row[0]: row[2:6] for row in content["tickets"]} == {
        ann.id: ["Ann", 1, 1, "in"], bea.id: ["Bea", 0, 0, "online"],
    }  # fmt: skip
    assert [badge.name for badge in papers.badges_of(event)] == ["Ann"]
    assert [row.name for row in papers.seated_of(event.id)] == ["Ann", "Walk-in"]
    assert not tickets.has_ticket(bea)


def test_a_device_knows_names_and_numbers_and_nothing_else(app: Flask) -> None:
    event = make_event(capacity=4)
    party = seat(event, "Ann", 3, needs="A ramp, quietly", diet="No nuts")
    waiting, gone = seat(event, "Bea", 2), seat(event, "Cy")
    with atomic():
        services.withdraw(gone.id)
    north = open_door(event)
    scan(event, party, north)
    content = device_list(event, north, [north])
    rows = {row[0]: row[2:6] for row in content["tickets"]}
    assert rows == {party.id: ["Ann", 3, 1, "in"], waiting.id: ["Bea", 0, 0, "waiting"], gone.id: ["", 0, 0, "out"]}
    assert content["tickets"][0][6:] == [north.id, content["tickets"][0][7]] and content["tickets"][0][7][1] == north.id
    for secret in ("ramp", "nuts", "home.example", party.token, north.token):
        assert secret not in str(content)


def test_the_verdict_of_another_event_s_scan_is_not_told(app: Flask) -> None:
    event, other = make_event(capacity=9), make_event(capacity=9)
    scan(event, seat(event, "Ann"), id="scanned-over-there")
    told = scan(other, id="scanned-over-there", code="x")
    assert (told.word, told.registration) == ("nothing", None)
    assert scan(other, kind=door.Kind.UNDO, id="undo-from-afar", of="scanned-over-there").word == "nothing"
    assert db.session.scalars(select(Admission.verdict)).all() == [Verdict.ADMITTED]
