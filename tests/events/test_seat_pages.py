"""Managing pages of seats, questions, requests, the queue and one registration: the stranger's refusal first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import asking, holds, pools, queries, queueing
from app.events.models import Event, Hold, PoolKind, Question, QuestionKind, Registration, RegistrationStatus, SeatPool
from app.events.seats import lock_pools
from tests.cast import Cast
from tests.events.helpers import mails, make_event, seat

one_engine = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # where the engine cannot matter


def full_house() -> dict[str, Any]:
    """An event with everything that its pages show; the numbers of which their addresses are made."""
    event = make_event(capacity=3, participants_listed=True)
    with atomic():
        attic = pools.add_pool(event.id, name="Attic", kind=PoolKind.ROOM, capacity=2, largest_party=2, actor_id=None)
        question = asking.add_question(event.id, kind=QuestionKind.TEXT, label="A word?")
        kept = holds.hold(lock_pools(event.id)[1], 1, "The choir", now() + timedelta(days=1))
    seat(event, "Ann", 3, needs="A ramp", diet="No nuts")
    waiting = [seat(event, name, 2) for name in ("Bea", "Cid", "Dan")]
    return {
        "event": event, "id": event.id, "pool": attic.id, "question": question.id, "hold": kept.id,
        "one": waiting[0].id, "last": waiting[2].id,
    }  # fmt: skip


PAGES = (
    "seats/", "pools/{pool}/", "questions/", "questions/{question}/", "requests/", "queue/", "registrations/{one}/",
    "registrations/{one}/place/",
)  # fmt: skip
POSTS = (
    "pools", "holds", "decisions", "pools/{pool}/removal", "holds/{hold}/release", "questions/{question}/position",
    "questions/{question}/retirement", "questions/{question}/return", "registrations/{one}/party", "registrations/{one}/note",
)  # fmt: skip


@one_engine
def test_only_organisers(app: Flask, cast: Cast, client_for: Any) -> None:
    found = full_house()
    event = found.pop("event")
    other = make_event(title="Other", capacity=2)
    for method, parts in (("GET", PAGES), ("POST", (*POSTS, *PAGES[:4], PAGES[-1]))):
        for part in parts:
            path = f"/manage/events/{event.id}/{part.format(**found)}"
            assert client_for().open(path, method=method).location.startswith("/account/sign-in/"), path
            for person in (cast.helper, cast.treasurer, cast.curator, cast.parent):
                assert client_for(person).open(path, method=method).status_code == 403, path
            if "{" in part:  # another event's rows are not there
                away = path.replace(f"/events/{event.id}/", f"/events/{other.id}/")
                assert client_for(cast.organiser).open(away, method=method).status_code == 404, away
            nowhere = path.replace(f"/events/{event.id}/", "/events/999/")
            assert client_for(cast.organiser).open(nowhere, method=method).status_code == 404, nowhere
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get_one(Hold, found["hold"]).released_at is None


@one_engine
def test_every_list_full_and_empty(app: Flask, cast: Cast, client_for: Any) -> None:
    found = full_house()
    found.pop("event")
    client = client_for(cast.organiser)
    words = {
        "seats/": ("Attic", "The choir", "Release now"),
        "questions/": ("A word?", "0 answers"),
        "requests/": ("Seats are given at once",),
        "queue/": ("Bea", "Dan", "Move"),
        "queue/?pool={pool}": ("Nobody waits",),
        "registrations/{one}/": ("Bea", "Place 1 in the queue", "Nothing was asked"),
        "registrations/": ("No nuts", "A ramp"),
    }
    for part, expected in words.items():
        page = client.get(f"/manage/events/{found['id']}/{part.format(**found)}")
        assert page.status_code == 200
        assert [word for word in expected if word not in page.text] == [], part
    bare = make_event(title="Bare")
    for part, word in {
        "seats/": "Nobody needs to register", "questions/": "No question of your own yet", "queue/": "Nobody needs to register",
        "requests/": "Seats are given at once",
    }.items():  # fmt: skip
        assert word in client.get(f"/manage/events/{bare.id}/{part}").text
    asked = make_event(title="Asked", capacity=1, approval=True)
    assert "No request waits" in client.get(f"/manage/events/{asked.id}/requests/").text


def pool_of(event: Event) -> SeatPool:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(SeatPool).where(SeatPool.event_id == event.id).order_by(SeatPool.id)).all()[-1]


@one_engine
def test_seats_from_nothing_to_removed(app: Flask, cast: Cast, client_for: Any) -> None:
    event, client = make_event(), client_for(cast.organiser)
    base = f"/manage/events/{event.id}"
    assert client.post(f"{base}/holds", data={"seats": "1"}).status_code == 404
    wrong = client.post(f"{base}/pools", data={"kind": "room", "name": "Hall", "capacity": "x", "largest_party": "4"})
    assert wrong.status_code == 422
    assert 'value="Hall"' in wrong.text
    client.post(f"{base}/pools", data={"kind": "online", "name": "", "capacity": "3", "largest_party": "4"})
    pool = pool_of(event)
    until = (now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    hold = {"seats": "9", "reason": "The choir", "until": until}
    assert "3 seats are free there." in client.post(f"{base}/holds", data=hold).text
    client.post(f"{base}/holds", data=hold | {"seats": "2"})
    assert pool_of(event).held == 2
    seat(event, "Ann")
    waits = seat(event, "Bea", 2)
    assert client.post(f"{base}/pools/{pool.id}/removal").status_code == 303  # refused with a word
    kept = db.session.scalars(select(Hold)).one()
    for _ in range(2):
        client.post(f"{base}/holds/{kept.id}/release")
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get_one(Registration, waits.id).status is RegistrationStatus.CONFIRMED
    changed = {"kind": "online", "name": "Stream", "capacity": "1", "largest_party": "2"}
    client.post(f"{base}/pools/{pool.id}/", data=changed)
    assert (pool_of(event).capacity, pool_of(event).ceiling, pool_of(event).name) == (1, 3, "Stream")
    client.post(f"{base}/pools", data={"kind": "room", "name": "Hall", "capacity": "5", "largest_party": "4"})
    client.post(f"{base}/pools/{pool_of(event).id}/removal")
    assert pool_of(event).id == pool.id
    assert queries.seat_faults() == []


@one_engine
def test_how_seats_are_given(app: Flask, cast: Cast, client_for: Any) -> None:
    event, client = make_event(capacity=3), client_for(cast.organiser)
    path = f"/manage/events/{event.id}/seats/"
    late = (event.ends_at + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    for field, value in (("offer_hours", "0"), ("offer_hours", ""), ("registration_closes_at", late)):
        answer = client.post(path, data={"offer_hours": "24", field: value})
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text
    client.post(path, data={"offer_hours": "6", "approval": "y", "guest_names": "y", "participants_listed": "y"})
    db.session.rollback()
    db.session.expire_all()
    kept = db.session.get_one(Event, event.id)
    assert (kept.approval, kept.guest_names, kept.participants_listed, kept.offer_hours) == (True, True, True, 6)


def test_requests_are_answered_together(app: Flask, cast: Cast, client_for: Any) -> None:
    event, client = make_event(capacity=2, approval=True), client_for(cast.organiser)
    rows = [seat(event, name) for name in ("Ann", "Bea", "Cid")]
    base = f"/manage/events/{event.id}"
    nobody = client.post(f"{base}/decisions", data={"decision": "yes", "reason": "x"})
    assert nobody.status_code == 422
    assert "Tick those whom you answer." in nobody.text
    stranger = seat(make_event(title="Other", capacity=1, approval=True), "Dan")
    foreign = client.post(f"{base}/decisions", data={"decision": "yes", "registration_ids": [str(stranger.id)]})
    assert foreign.status_code == 422
    client.post(f"{base}/decisions", data={"decision": "yes", "registration_ids": [str(row.id) for row in rows[:2]]})
    client.post(
        f"{base}/decisions", data={"decision": "no", "registration_ids": str(rows[2].id), "reason": "It is full."}
    )
    db.session.rollback()
    db.session.expire_all()
    states = [db.session.get_one(Registration, row.id).status.value for row in rows]
    assert states == ["confirmed", "confirmed", "declined"]
    assert "It is full." in mails("event_declined")[0].text
    page = client_for().get(f"/registrations/{rows[2].token}/").text
    for words in ("No seat this time", "It is full."):
        assert words in page


@one_engine
def test_moving_in_the_queue(app: Flask, cast: Cast, client_for: Any) -> None:
    found = full_house()
    event, client = found["event"], client_for(cast.organiser)
    path = f"/manage/events/{event.id}/registrations/{found['last']}/place/"

    def order() -> list[str]:
        db.session.rollback()
        db.session.expire_all()
        return [place.registration.name for place in queueing.queue_of(queries.managed_event(event.id).pools[0].id)]

    for data in ({"number": "1", "reason": ""}, {"number": "0", "reason": "x"}, {"reason": "", "step": "up"}):
        assert client.post(path, data=data).status_code == 422
    client.post(path, data={"number": "3", "reason": "They come from far.", "step": "up"})
    assert order() == ["Bea", "Dan", "Cid"]
    client.post(path, data={"number": "1", "reason": "They are guests."})
    assert order() == ["Dan", "Bea", "Cid"]
    client.post(path, data={"number": "1", "reason": "Back again.", "step": "down"})
    assert order() == ["Bea", "Dan", "Cid"]
    page = client.get(f"/manage/events/{event.id}/registrations/{found['last']}/").text
    for words in ("They come from far.", "past 1 other", "Back again.", "further back"):
        assert words in page


@one_engine
def test_changing_a_party_for_them(app: Flask, cast: Cast, client_for: Any) -> None:
    found = full_house()
    event, client = found["event"], client_for(cast.organiser)
    path = f"/manage/events/{event.id}/registrations/{found['one']}"
    pools_now = {pool.name: pool.id for pool in queries.managed_event(event.id).pools}
    main = next(number for name, number in pools_now.items() if name != "Attic")
    answer = client.post(f"{path}/party", data={"party": "2", "pool_id": str(pools_now["Attic"])})
    assert answer.status_code == 422
    assert "free seats for 1 of you" in answer.text
    client.post(f"{path}/party", data={"party": "3", "pool_id": str(main)})
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get_one(Registration, found["one"]).party == 3
    assert (
        queries.position(db.session.get_one(Registration, found["one"])) == 1
    )  # an organiser's change keeps the place
    assert len(mails("event_party", "bea@")) == 1


def labels(event: Event) -> list[str]:
    db.session.rollback()
    db.session.expire_all()
    return [question.label for question in asking.live_questions(event.id)]


@one_engine
def test_questions_are_asked_moved_retired_and_asked_again(app: Flask, cast: Cast, client_for: Any) -> None:
    event, client = make_event(capacity=3), client_for(cast.organiser)
    base = f"/manage/events/{event.id}/questions"
    for wrong in (
        {"kind": "choice", "label": "Bus?", "options": "12"},
        {"kind": "choice", "label": "Bus?", "options": "12\n12"},
        {"kind": "several", "label": "Bus?", "options": ""},
        {"kind": "nothing", "label": "Bus?"},
        {"kind": "text", "label": ""},
        {"kind": "text", "label": "Bus?", "condition": "1:yes"},
    ):
        assert client.post(f"{base}/", data=wrong).status_code == 422, wrong
    assert labels(event) == []
    client.post(f"{base}/", data={"kind": "choice", "label": "Bus?", "options": "12\n13\n None "})
    bus = db.session.scalars(select(Question)).one()
    assert bus.options == "12\n13\nNone"
    client.post(f"{base}/", data={"kind": "text", "label": "Which stop?", "condition": f"{bus.id}:13", "required": "y"})
    client.post(f"{base}/", data={"kind": "consent", "label": "Photos"})
    assert labels(event) == ["Bus?", "Which stop?", "Photos"]
    stop = db.session.scalars(select(Question).where(Question.label == "Which stop?")).one()
    photos = db.session.scalars(select(Question).where(Question.label == "Photos")).one()
    # What another depends on stays before it, keeps the option, and is not retired.
    client.post(f"{base}/{stop.id}/position", data={"step": "up"})
    client.post(f"{base}/{bus.id}/retirement")
    gone = client.post(f"{base}/{bus.id}/", data={"label": "Bus?", "options": "12\n14"})
    assert gone.status_code == 422
    assert "Which stop?" in gone.text
    assert labels(event) == ["Bus?", "Which stop?", "Photos"]
    client.post(f"{base}/{photos.id}/position", data={"step": "up"})
    assert labels(event) == ["Bus?", "Photos", "Which stop?"]
    ann = seat(event, "Ann")
    with atomic():
        asking.first_words(ann.id, {stop.id: "The lake"}, [])
    client.post(f"{base}/{stop.id}/retirement")
    assert labels(event) == ["Bus?", "Photos"]
    assert "The lake" in client.get(f"/manage/events/{event.id}/registrations/{ann.id}/").text  # answers stay
    client.post(f"{base}/{bus.id}/retirement")
    client.post(f"{base}/{stop.id}/return")
    assert labels(event) == ["Photos", "Which stop?"]
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get_one(Question, stop.id).condition_id is None  # nobody could have answered so


@one_engine
def test_forty_questions_are_the_most(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=3)
    with atomic():
        for number in range(asking.MOST):
            asking.add_question(event.id, kind=QuestionKind.TEXT, label=f"Question {number}")
    answer = client_for(cast.organiser).post(
        f"/manage/events/{event.id}/questions/", data={"kind": "text", "label": "One more"}
    )
    assert answer.status_code == 422
    assert "forty questions already" in answer.text


@one_engine
def test_a_note_is_for_organisers(app: Flask, cast: Cast, client_for: Any) -> None:
    ann = seat(make_event(capacity=3), "Ann")
    client = client_for(cast.organiser)
    path = f"/manage/events/{ann.event_id}/registrations/{ann.id}/"
    assert client.post(f"{path}note", data={"note": "a\x00b"}).status_code == 422
    client.post(f"{path}note", data={"note": "Speaks Arabic."})
    assert "Speaks Arabic." in client.get(path).text
    assert "Speaks Arabic." not in client_for().get(f"/registrations/{ann.token}/").text
