"""Seats by the service: promises S1 to S6 without a race. The races are in tests/races/test_seats.py."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import queries, seats, services
from app.events.models import Event, Registration, SeatPool
from app.events.rules import Reason
from tests.events.helpers import mails, make_event, seat


def states(event: Event) -> dict[str, str]:
    db.session.rollback()
    rows = db.session.scalars(select(Registration).where(Registration.event_id == event.id).order_by(Registration.id))
    return {row.name: row.status.value for row in rows}


def pool(event: Event) -> SeatPool:
    db.session.rollback()
    return db.session.scalar(select(SeatPool).where(SeatPool.event_id == event.id))


def test_seats_then_the_queue(app: Flask) -> None:
    event = make_event(capacity=2)
    for name in ("Ann", "Bea", "Cid"):
        seat(event, name)
    assert states(event) == {"Ann": "confirmed", "Bea": "confirmed", "Cid": "waiting"}
    assert pool(event).confirmed == 2
    assert queries.seat_faults(event.id) == []
    assert [len(mails(kind)) for kind in ("event_confirmed", "event_waiting")] == [2, 1]


def test_a_party_sits_whole_or_waits_whole_and_may_be_passed_by_one_that_fits(app: Flask) -> None:
    event = make_event(capacity=3)
    seat(event, "Ann", 2)
    seat(event, "Big", 2)
    seat(event, "Cid", 1)
    assert states(event) == {"Ann": "confirmed", "Big": "waiting", "Cid": "confirmed"}
    assert queries.seat_faults(event.id) == []


def test_a_withdrawal_serves_the_queue_in_order(app: Flask) -> None:
    event = make_event(capacity=2)
    ann = seat(event, "Ann", 2)
    for name, party in (("Bea", 2), ("Cid", 1), ("Dan", 1)):
        seat(event, name, party)
    with atomic():
        services.withdraw(ann.id)
    assert states(event) == {"Ann": "withdrawn", "Bea": "confirmed", "Cid": "waiting", "Dan": "waiting"}
    assert [mail.recipient for mail in mails("event_promoted")] == ["bea@home.example"]
    assert len(mails("event_withdrawn")) == 1
    assert queries.seat_faults(event.id) == []


def test_withdrawing_twice_frees_once(app: Flask) -> None:
    event = make_event(capacity=1)
    ann = seat(event, "Ann")
    for _ in range(2):
        with atomic():
            services.withdraw(ann.id)
    assert pool(event).confirmed == 0
    assert len(mails("event_withdrawn")) == 1


def test_somebody_who_waits_may_leave_the_queue(app: Flask) -> None:
    event = make_event(capacity=1)
    seat(event, "Ann")
    bea = seat(event, "Bea")
    cid = seat(event, "Cid")
    assert [queries.position(bea), queries.position(cid)] == [1, 2]
    with atomic():
        services.withdraw(bea.id)
    assert queries.position(cid) == 1
    assert pool(event).confirmed == 1


def test_the_same_operation_gives_the_same_registration(app: Flask) -> None:
    event = make_event(capacity=5)
    first = seat(event, "Ann", operation="a" * 20)
    again = seat(event, "Ann", 3, operation="a" * 20)
    assert again.id == first.id
    assert pool(event).confirmed == 1
    with atomic():
        services.withdraw(first.id)
    assert seat(event, "Ann", operation="a" * 20).status.value == "withdrawn"
    assert seat(event, "Ann", operation="b" * 20).status.value == "confirmed"


def test_anothers_operation_gives_nothing_of_theirs(app: Flask) -> None:
    event = make_event(capacity=5)
    theirs = seat(event, "Ann", operation="a" * 20)
    mine = seat(event, "Bea", operation="a" * 20)
    assert mine.id != theirs.id
    assert mine.email == "bea@home.example"


def test_one_live_registration_an_address(app: Flask) -> None:
    event = make_event(capacity=5)
    assert seat(event, "Ann").id == seat(event, "Ann").id
    with pytest.raises(IntegrityError), atomic():  # and the database refuses what the code forgets
        copy = {
            "name": "Ann",
            "email": "ann@home.example",
            "status": "confirmed",
            "queued_at": now(),
            "ranked_at": now(),
            "created_at": now(),
        }
        db.session.add(Registration(token="t", event_id=event.id, operation="o", **copy))


def test_the_database_refuses_an_oversale(app: Flask) -> None:
    make_event(capacity=2)
    with pytest.raises(IntegrityError), atomic():
        db.session.execute(update(SeatPool).values(confirmed=SeatPool.confirmed + 3))


def test_a_smaller_room_drops_nobody_and_stops_new_seats(app: Flask) -> None:
    event = make_event(capacity=4)
    guests = [seat(event, name) for name in ("Ann", "Bea", "Cid", "Dan")]
    _resize(event, 2)
    assert set(states(event).values()) == {"confirmed"}
    assert (pool(event).capacity, pool(event).ceiling) == (2, 4)
    seat(event, "Eve")
    for number, guest in enumerate(guests[:3]):
        with atomic():
            services.withdraw(guest.id)
        assert pool(event).ceiling == max(2, 3 - number)
        assert queries.seat_faults(event.id) == []
    assert states(event) == {
        "Ann": "withdrawn",
        "Bea": "withdrawn",
        "Cid": "withdrawn",
        "Dan": "confirmed",
        "Eve": "confirmed",
    }


def test_a_larger_room_serves_the_queue(app: Flask) -> None:
    event = make_event(capacity=1)
    for name in ("Ann", "Bea", "Cid", "Dan"):
        seat(event, name)
    _resize(event, 3)
    assert list(states(event).values()) == ["confirmed"] * 3 + ["waiting"]
    assert [mail.recipient for mail in mails("event_promoted")] == ["bea@home.example", "cid@home.example"]


def _resize(event: Event, capacity: int) -> None:
    with atomic():
        services.update_event(event.id, actor_id=None, capacity=capacity, largest_party=5, partner_ids=[])


def test_a_queue_longer_than_one_batch(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seats, "BATCH", 2)
    event = make_event(capacity=1)
    seat(event, "Ann")
    for number, party in enumerate((3, 4, 1, 5, 1, 2)):
        seat(event, f"W{number}", party, by_organiser=True) if party == 1 else _force(event, f"W{number}", party)
    _resize(event, 9)
    assert states(event) == {
        "Ann": "confirmed", "W0": "confirmed", "W1": "confirmed", "W2": "confirmed", "W3": "waiting", "W4": "waiting",
        "W5": "waiting",
    }  # fmt: skip
    assert queries.seat_faults(event.id) == []


def _force(event: Event, name: str, party: int) -> None:
    with atomic():  # a party that was allowed when the room was larger
        db.session.add(
            Registration(
                token=name, event_id=event.id, name=name, email=f"{name}@home.example", party=party, status="waiting",
                operation=name, queued_at=now(), ranked_at=now(), created_at=now(), pool_id=pool(event).id,
            )
        )  # fmt: skip


def test_a_clock_that_steps_back_lets_nobody_pass_who_comes_in_part(app: Flask) -> None:
    event = make_event(capacity=4)
    seat(event, "Ann", 2)
    big = seat(event, "Big", 3)
    with travel(now() - timedelta(hours=1)):
        part = seat(event, "Part", 4, in_part=True)
    db.session.rollback()
    assert (part.seated, queries.position(big), queries.position(part)) == (2, 1, 2)


def test_a_clock_that_steps_back_lets_nobody_pass(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    event = make_event(capacity=1)
    ann = seat(event, "Ann")
    bea = seat(event, "Bea")
    monkeypatch.setattr(seats, "now", lambda: now() - timedelta(hours=1))
    cid = seat(event, "Cid")
    monkeypatch.undo()
    assert [queries.position(bea), queries.position(cid)] == [1, 2]
    with atomic():
        services.withdraw(ann.id)
    assert states(event)["Bea"] == "confirmed"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"status": "draft"}, Reason.NOT_OPEN),
        ({"status": "cancelled"}, Reason.CANCELLED),
        ({"status": "postponed"}, Reason.POSTPONED),
        ({"capacity": None}, Reason.NO_REGISTRATION),
        ({"days": -0.01}, Reason.CLOSED),
    ],
)
def test_refused_registrations_leave_nothing(app: Flask, values: dict, reason: Reason) -> None:
    event = make_event(**({"capacity": 3} | values))
    with pytest.raises(services_refused()) as refusal:
        seat(event, "Ann")
    assert refusal.value.reason is reason
    assert states(event) == {}
    assert mails("event_") == []


def services_refused() -> type[Exception]:
    return seats.RegistrationRefused


def test_seats_freed_while_postponed_wait_for_the_publication(app: Flask) -> None:
    event = make_event(capacity=1)
    ann = seat(event, "Ann")
    seat(event, "Bea")
    with atomic():
        services.set_status(event.id, "postponed", message="The hall is flooded.")
    with atomic():
        services.withdraw(ann.id)
    assert states(event)["Bea"] == "waiting"
    with atomic():
        services.set_status(event.id, "published")
    assert states(event)["Bea"] == "confirmed"
    assert [len(mails(kind)) for kind in ("event_postponed", "event_resumed", "event_promoted")] == [2, 1, 1]


def test_a_failed_transaction_leaves_no_seat_and_no_mail(app: Flask) -> None:
    event = make_event(capacity=1)
    with pytest.raises(ZeroDivisionError), atomic():
        services.register(event.id, name="Ann", email="ann@home.example")
        raise ZeroDivisionError
    assert states(event) == {}
    assert pool(event).confirmed == 0
    assert mails("event_") == []
