"""Parties that wait: in part, asked first, approved, moved, changed, in several pools; seats kept back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import changes, editing, holds, offers, pools, queries, queueing, services
from app.events.models import Event, Hold, PoolKind, Registration, SeatPool
from app.events.rules import Reason
from app.events.seats import RegistrationRefused, lock_pools
from tests.events.helpers import attached, mails, make_event, seat
from tests.events.test_seats import states


def row(registration: Registration) -> Registration:
    db.session.rollback()
    return db.session.get_one(Registration, registration.id)


def leave(registration: Registration) -> None:
    with atomic():
        services.withdraw(registration.id)


def order(event: Event) -> list[str]:
    db.session.rollback()
    pool = db.session.scalars(select(SeatPool).where(SeatPool.event_id == event.id).order_by(SeatPool.id)).first()
    return [place.registration.name for place in queueing.queue_of(pool.id if pool else 0)]


@pytest.fixture
def sound(app: Flask) -> object:
    """Afterwards the books of all events agree."""
    yield
    db.session.rollback()
    assert queries.seat_faults() == []


pytestmark = pytest.mark.usefixtures("sound")


# In part


def test_a_party_comes_in_part_and_keeps_its_place_for_the_rest(app: Flask) -> None:
    event = make_event(capacity=4, online_url="https://meet.example/x")
    ann, bea = seat(event, "Ann", 2), seat(event, "Bea", 1)
    four, two = seat(event, "Four", 4, in_part=True), seat(event, "Two", 2)
    assert (row(four).status, row(four).seated) == ("waiting", 1)
    assert order(event) == ["Four", "Two"]
    (mail,) = mails("event_part")
    assert "1 of your 4 seats" in mail.text
    assert "meet.example" in mail.text  # somebody of theirs can come
    assert attached(mail)[0] == "REQUEST"
    leave(bea)
    assert row(four).seated == 2
    leave(ann)
    assert (row(four).status, row(four).seated, row(two).status) == ("confirmed", 4, "waiting")
    assert len(mails("event_promoted", "four@")) == 1


def test_what_a_party_has_in_part_is_given_back_whole(app: Flask) -> None:
    event = make_event(capacity=3)
    seat(event, "Ann", 1)
    three = seat(event, "Three", 3, in_part=True)
    assert row(three).seated == 2
    seat(event, "Two", 2)
    leave(three)
    assert states(event) == {"Ann": "confirmed", "Three": "withdrawn", "Two": "confirmed"}
    assert attached(mails("event_withdrawn")[0])[0] == "CANCEL"


def test_to_agree_to_come_in_part_later_is_heard_at_once(app: Flask) -> None:
    event = make_event(capacity=3)
    seat(event, "Ann", 2)
    two = seat(event, "Two", 2)
    assert row(two).status == "waiting"
    with atomic():
        editing.edit(two.id, party=2, answers={}, in_part=True)
    assert row(two).seated == 1


# Asked first


def test_seats_are_offered_to_who_wants_to_be_asked(app: Flask) -> None:
    event = make_event(capacity=2)
    ann = seat(event, "Ann", 2)
    first, second = seat(event, "Olaf", 2, ask_first=True), seat(event, "Bea", 2)
    leave(ann)
    assert states(event) == {"Ann": "withdrawn", "Olaf": "offered", "Bea": "waiting"}
    assert row(first).pool.held == 2
    (mail,) = mails("event_offer")
    assert mail.files == "[]"
    with atomic():
        offers.accept(first.id)
    with atomic():
        offers.accept(first.id)
    assert (row(first).status, row(first).pool.held, row(first).pool.confirmed) == ("confirmed", 0, 2)
    assert len(mails("event_confirmed", "olaf@")) == 1
    assert row(second).status == "waiting"


def test_an_offer_that_nobody_answers_lapses_to_the_next_and_the_next(app: Flask) -> None:
    event = make_event(capacity=1, days=30)
    ann = seat(event, "Ann")
    one, two, three = (seat(event, name, ask_first=True) for name in ("One", "Two", "Three"))
    leave(ann)
    until = row(one).offered_until
    assert until is not None
    with travel(until - timedelta(seconds=1)):
        offers.overdue()
    assert row(one).status == "offered"
    with travel(until + timedelta(seconds=1)):
        offers.overdue()
        offers.overdue()
        with pytest.raises(offers.OfferOver), atomic():
            offers.accept(one.id)
    assert states(event) == {"Ann": "withdrawn", "One": "withdrawn", "Two": "offered", "Three": "waiting"}
    assert len(mails("event_lapsed", "one@")) == 1
    leave(two)  # a no is a withdrawal
    assert row(three).status == "offered"


def test_nobody_is_asked_once_the_event_has_begun(app: Flask) -> None:
    event = make_event(capacity=1, days=0.02)
    ann = seat(event, "Ann")
    asked, plain = seat(event, "Olaf", ask_first=True), seat(event, "Bea")
    with travel(event.starts_at + timedelta(minutes=1)):
        leave(ann)
        assert states(event) == {"Ann": "withdrawn", "Olaf": "waiting", "Bea": "confirmed"}
        assert queries.seat_faults(event.id) == []
    assert row(asked).offered_until is None
    assert plain.id


def test_an_offer_ends_when_an_event_that_was_moved_begins(app: Flask) -> None:
    event = make_event(capacity=1, days=3)
    ann = seat(event, "Ann")
    olaf = seat(event, "Olaf", ask_first=True)
    leave(ann)
    soon = now() + timedelta(hours=1)
    with atomic():
        services.update_event(event.id, actor_id=None, capacity=1, largest_party=5, partner_ids=[], starts_at=soon)
    assert row(olaf).offered_until == soon


def test_an_offer_of_a_cancelled_event_cannot_be_taken(app: Flask) -> None:
    event = make_event(capacity=1)
    ann = seat(event, "Ann")
    olaf = seat(event, "Olaf", ask_first=True)
    leave(ann)
    with atomic():
        services.set_status(event.id, "cancelled")
    with pytest.raises(offers.OfferOver), atomic():
        offers.accept(olaf.id)


def test_the_term_of_an_offer_rests_while_the_event_is_postponed(app: Flask) -> None:
    event = make_event(capacity=1, days=30)
    ann = seat(event, "Ann")
    olaf, bea = seat(event, "Olaf", ask_first=True), seat(event, "Bea", ask_first=True)
    leave(ann)
    first = row(olaf).offered_until
    assert first is not None
    with atomic():
        services.set_status(event.id, "postponed")
    with travel(first + timedelta(days=2)):
        offers.overdue()
        assert states(event)["Olaf"] == "offered"
        with atomic():
            services.set_status(event.id, "published")
        offers.overdue()
        until = row(olaf).offered_until
        assert until is not None
        assert until > first + timedelta(days=2)
        assert len(mails("event_offer", "olaf@")) == 2
    with travel(until + timedelta(seconds=1)):
        offers.overdue()
    assert states(event) == {"Ann": "withdrawn", "Olaf": "withdrawn", "Bea": "offered"}
    assert row(bea).offered_until is not None


# Requests


def test_a_request_is_approved_at_the_time_it_was_made(app: Flask) -> None:
    event = make_event(capacity=1, approval=True)
    ann, bea, cid = (seat(event, name) for name in ("Ann", "Bea", "Cid"))
    assert set(states(event).values()) == {"requested"}
    assert len(mails("event_requested")) == 3
    with atomic():
        offers.approve(cid.id, None)
    for one in (bea, ann):
        with atomic():
            offers.approve(one.id, None)
    assert states(event) == {"Ann": "waiting", "Bea": "waiting", "Cid": "confirmed"}
    assert order(event) == ["Ann", "Bea"]
    assert [len(mails(kind)) for kind in ("event_confirmed", "event_waiting", "event_promoted")] == [1, 2, 0]
    with atomic():
        offers.approve(cid.id, None)  # twice is once
    assert len(mails("event_confirmed")) == 1


def test_a_request_is_declined_with_a_word_and_may_be_made_again(app: Flask) -> None:
    event = make_event(capacity=1, approval=True)
    ann = seat(event, "Ann")
    with atomic():
        offers.decline(ann.id, "It is for pupils' families.", None)
    assert "It is for pupils' families." in mails("event_declined")[0].text
    again = seat(event, "Ann")
    assert again.id != ann.id
    with atomic():
        services.set_status(event.id, "postponed")
    with pytest.raises(RegistrationRefused) as refusal, atomic():
        offers.approve(again.id, None)
    assert refusal.value.reason is Reason.POSTPONED


def test_an_organisers_guest_needs_no_yes(app: Flask) -> None:
    assert seat(make_event(capacity=1, approval=True), "Ann", by_organiser=True).status == "confirmed"


# Moves


def test_the_order_is_proved(app: Flask) -> None:
    event = make_event(capacity=1)
    seat(event, "Sue")
    rows = {name: seat(event, name) for name in ("Ann", "Bea", "Cid", "Dan")}
    with atomic():
        up = queueing.move(rows["Dan"].id, 2, "They come from far.", None)
        assert up is not None
        assert up.passed == 2
    assert order(event) == ["Ann", "Dan", "Bea", "Cid"]
    with atomic():
        down = queueing.move(rows["Ann"].id, 9, "They asked for it.", None)
        assert down is not None
        assert down.passed == 0
    assert order(event) == ["Dan", "Bea", "Cid", "Ann"]
    with atomic():
        assert queueing.move(rows["Ann"].id, 4, "Again.", None) is None
    assert [move.reason for move in queueing.moves_of(row(rows["Ann"]).pool_id or 0)] == [
        "They asked for it.", "They come from far.",
    ]  # fmt: skip
    late = seat(event, "Eve")
    assert order(event)[-1] == "Eve"
    assert [place.moved for place in queueing.queue_of(late.pool_id or 0)] == [True, False, False, True, False]


def test_every_place_can_be_reached_also_where_times_are_equal(app: Flask) -> None:
    event = make_event(capacity=1)
    seat(event, "Sue")
    names = [f"W{number}" for number in range(6)]
    with travel(now()):  # all in one moment
        rows = {name: seat(event, name) for name in names}
    for name, place in (("W5", 1), ("W0", 6), ("W3", 2), ("W2", 3), ("W1", 1), ("W4", 4)):
        names.remove(name)
        names.insert(place - 1, name)
        with atomic():
            queueing.move(rows[name].id, place, "A reason.", None)
        assert order(event) == names


# Changes


def test_fewer_frees_seats_and_more_needs_free_ones(app: Flask) -> None:
    event = make_event(capacity=5)
    four, two = seat(event, "Four", 4), seat(event, "Two", 2)
    with pytest.raises(RegistrationRefused) as refusal, atomic():
        changes.change_party(four.id, 6, by_organiser=True)
    assert refusal.value.reason is Reason.TOO_LARGE
    with atomic():
        changes.change_party(four.id, 5)
    assert row(four).seated == 5
    with atomic():
        changes.change_party(four.id, 3)
    assert (row(four).seated, row(two).status) == (3, "confirmed")
    with pytest.raises(RegistrationRefused) as refusal, atomic():
        changes.change_party(four.id, 4)
    assert (refusal.value.reason, refusal.value.largest) == (Reason.FULL, 3)
    assert "as 3 people" in mails("event_party")[-1].text


def test_who_becomes_more_while_waiting_goes_to_the_end(app: Flask) -> None:
    event = make_event(capacity=3)
    seat(event, "Sue", 3)
    ann, bea, cid = (seat(event, name, 2) for name in ("Ann", "Bea", "Cid"))
    with atomic():
        changes.change_party(ann.id, 3)
    with atomic():
        changes.change_party(bea.id, 1)
    assert order(event) == ["Bea", "Cid", "Ann"]
    with atomic():
        changes.change_party(cid.id, 3, by_organiser=True)
    assert order(event) == ["Bea", "Cid", "Ann"]


def test_an_offer_and_seats_in_part_shrink_with_the_party(app: Flask) -> None:
    event = make_event(capacity=4)
    ann = seat(event, "Ann", 4)
    olaf = seat(event, "Olaf", 3, ask_first=True)
    part = seat(event, "Part", 4, in_part=True)
    leave(ann)
    assert (row(olaf).status, row(part).seated) == ("offered", 1)
    with atomic():
        changes.change_party(olaf.id, 2)
    assert (row(olaf).pool.held, row(part).seated) == (2, 2)
    with atomic():
        changes.change_party(part.id, 2)
    assert row(part).status == "confirmed"
    with atomic():
        changes.change_party(part.id, 1)
    assert row(part).pool.free == 1
    with pytest.raises(RegistrationRefused), atomic():
        changes.change_party(olaf.id, 3)


def test_fewer_is_possible_after_the_deadline_and_when_postponed_but_not_below_who_is_in(app: Flask) -> None:
    event = make_event(capacity=4)
    four = seat(event, "Four", 4)
    with atomic():
        services.set_status(event.id, "postponed")
    with atomic():
        changes.change_party(four.id, 3)
        row_now = db.session.get_one(Registration, four.id)
        row_now.arrived = 2
    for party, reason in ((1, Reason.ARRIVED), (4, Reason.POSTPONED)):
        with pytest.raises(RegistrationRefused) as refusal, atomic():
            changes.change_party(four.id, party)
        assert refusal.value.reason is reason


# Pools and holds


def two_pools(capacity: int = 2, online: int = 3) -> tuple[Event, SeatPool, SeatPool]:
    event = make_event(capacity=capacity)
    with atomic():
        pools.add_pool(event.id, name="Online", kind=PoolKind.ONLINE, capacity=online, largest_party=2, actor_id=None)
    room, online_pool = db.session.scalars(select(SeatPool).where(SeatPool.event_id == event.id).order_by(SeatPool.id))
    return event, room, online_pool


def test_pools_have_queues_of_their_own(app: Flask) -> None:
    event, room, online = two_pools()
    seat(event, "Ann", 2)
    bea, cid = seat(event, "Bea", 1, pool_id=room.id), seat(event, "Cid", 2, pool_id=online.id)
    dan = seat(event, "Dan", 2, pool_id=online.id)
    assert [row(one).status for one in (bea, cid, dan)] == ["waiting", "confirmed", "waiting"]
    assert [queries.position(one) for one in (bea, dan)] == [1, 1]
    with pytest.raises(RegistrationRefused), atomic():
        services.register(event.id, name="Big", email="big@home.example", party=3, pool_id=online.id)
    with pytest.raises(LookupError), atomic():
        services.register(event.id, name="Lost", email="lost@home.example", pool_id=99_999)


def test_a_party_moves_only_where_all_of_it_can_sit(app: Flask) -> None:
    event, room, online = two_pools()
    ann, bea = seat(event, "Ann", 2), seat(event, "Bea", 2)
    with atomic():
        changes.change_pool(ann.id, online.id)
    assert (row(ann).pool_id, row(bea).status) == (online.id, "confirmed")
    with pytest.raises(RegistrationRefused) as refusal, atomic():
        changes.change_pool(bea.id, online.id)
    assert (refusal.value.reason, refusal.value.largest) == (Reason.FULL, 1)
    assert row(bea).seated == 2
    with atomic():  # fewer of them, elsewhere, at once
        changes.change(bea.id, party=1, pool_id=online.id)
    assert (row(bea).pool_id, row(bea).seated) == (online.id, 1)
    assert room.id


def test_a_pool_goes_only_when_nobody_uses_it(app: Flask) -> None:
    event, room, online = two_pools()
    ann = seat(event, "Ann", pool_id=online.id)
    with pytest.raises(pools.PoolInUse), atomic():
        pools.remove_pool(online.id, None)
    assert pools.used_pools(event.id) == {online.id}
    leave(ann)
    with pytest.raises(pools.PoolInUse), atomic():
        pools.remove_pool(online.id, None)
    with atomic():
        pools.remove_pool(room.id, None)
    assert db.session.scalars(select(SeatPool.id)).all() == [online.id]


def test_seats_that_are_kept_back_are_not_taken_off_an_event(app: Flask) -> None:
    event = make_event(capacity=3)
    with atomic():
        holds.hold(lock_pools(event.id)[0], 1, "The choir", now() + timedelta(days=1))
    with pytest.raises(services.SeatsInUse), atomic():
        services.update_event(event.id, actor_id=None, capacity=None, largest_party=5, partner_ids=[])


def test_seats_kept_back_come_free_at_their_time(app: Flask) -> None:
    event = make_event(capacity=3)
    with atomic():
        (pool,) = lock_pools(event.id)
        kept = holds.hold(pool, 2, "The choir", now() + timedelta(hours=1))
    ann, bea = seat(event, "Ann"), seat(event, "Bea", 2)
    assert [row(one).status for one in (ann, bea)] == ["confirmed", "waiting"]
    with pytest.raises(holds.TooMany), atomic():
        holds.hold(lock_pools(event.id)[0], 1, "More", now() + timedelta(hours=1))
    holds.overdue()
    assert row(bea).status == "waiting"
    with travel(now() + timedelta(hours=2)):
        holds.overdue()
        holds.overdue()
    assert row(bea).status == "confirmed"
    assert db.session.get_one(Hold, kept.id).released_at is not None
