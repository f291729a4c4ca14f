"""Questions, guests and wishes in the form that registers, and on the page that changes a registration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event as sql_event
from sqlalchemy import select

from app.core.clock import travel
from app.core.database import db
from app.core.transactions import atomic, locked
from app.events import asking, pools, queueing, services
from app.events.models import Answer, Event, Guest, PoolKind, Question, QuestionKind, Registration, SeatPool
from tests.cast import Cast
from tests.events.helpers import mails, make_event, seat

KIND = QuestionKind
one_engine = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # where the engine cannot matter


def ask(event: Event, kind: QuestionKind, label: str, **values: Any) -> Question:
    with atomic():
        return asking.add_question(event.id, kind=kind, label=label, **values)


def family_day(**values: Any) -> tuple[Event, dict[str, str]]:
    """An event with a question of each kind; the field of each by a short name."""
    event = make_event(capacity=20, **values)
    children = ask(event, KIND.YES_NO, "Do you bring children?", required=True)
    ages = ask(
        event, KIND.SEVERAL, "How old are they?", options="0–5\n6–12", required=True, condition_id=children.id,
        condition_value="yes",
    )  # fmt: skip
    buggy = ask(event, KIND.YES_NO, "A buggy?", condition_id=ages.id, condition_value="0–5")
    made = {
        "children": children, "ages": ages, "buggy": buggy,
        "by": ask(event, KIND.CHOICE, "How do you come?", options="Bus\nTram"),
        "many": ask(event, KIND.NUMBER, "How many paintings?"), "day": ask(event, KIND.DATE, "Since when here?"),
        "word": ask(event, KIND.TEXT, "A word to us?"),
        "photos": ask(event, KIND.CONSENT, "I may be in photographs"),
    }  # fmt: skip
    return event, {name: f"q{question.id}" for name, question in made.items()}


def form(**changes: Any) -> dict[str, Any]:
    return {"name": "Pia Parent", "party": "1", "operation": "an-operation-1"} | changes


def said() -> dict[str, str]:
    """What is kept, by question."""
    db.session.rollback()
    rows = db.session.scalars(select(Answer)).all()
    return {row.question.label: row.value for row in rows}


def test_all_kinds_of_answers_are_kept_and_shown(app: Flask, cast: Cast, client_for: Any) -> None:
    event, q = family_day()
    typed = form(**{
        q["children"]: "yes", q["ages"]: ["0–5", "6–12"], q["buggy"]: "no", q["by"]: "Tram", q["many"]: "3",
        q["day"]: "2026-02-01", q["word"]: "Thank <you>", q["photos"]: "y",
    })  # fmt: skip
    answer = client_for(cast.parent).post(f"/events/{event.slug}/registrations", data=typed)
    assert answer.status_code == 303
    assert said() == {
        "Do you bring children?": "yes", "How old are they?": "0–5\n6–12", "A buggy?": "no", "How do you come?": "Tram",
        "How many paintings?": "3", "Since when here?": "2026-02-01", "A word to us?": "Thank <you>",
        "I may be in photographs": "yes",
    }  # fmt: skip
    own = client_for().get(answer.location).text
    for words in ("How old are they?", "0–5, 6–12", "Tram", "Thank &lt;you&gt;", "2026-02-01"):
        assert words in own
    token = answer.location.split("/")[2]
    shown = client_for().get(f"/registrations/{token}/details/").text
    assert "Thank &lt;you&gt;" in shown
    assert 'value="2026-02-01"' in shown


def test_the_server_decides_what_is_asked(app: Flask, cast: Cast, client_for: Any) -> None:
    event, q = family_day()
    client, path = client_for(cast.parent), f"/events/{event.slug}/registrations"
    page = client.get(f"/events/{event.slug}/").text
    assert "Only if you answer “Yes” to “Do you bring children?”." in page
    for typed, words in (
        (form(), "Please choose yes or no."),
        (form(**{q["children"]: "yes"}), "Please choose at least one."),
        (form(**{q["children"]: "yes", q["ages"]: "13–99"}), "13"),
    ):
        answer = client.post(path, data=typed)
        assert answer.status_code == 422
        assert words in answer.text
    # Rubbish in what is not asked is neither refused nor kept.
    typed = form(**{q["children"]: "no", q["ages"]: ["0–5", "13–99"], q["buggy"]: "yes"})
    assert client.post(path, data=typed).status_code == 303
    assert said() == {"Do you bring children?": "no", "I may be in photographs": "no"}


@one_engine
def test_a_needed_consent_has_to_be_ticked(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=5)
    consent = ask(event, KIND.CONSENT, "I keep the house rules", required=True)
    client, path = client_for(cast.parent), f"/events/{event.slug}/registrations"
    assert "only with this consent" in client.post(path, data=form()).text
    assert client.post(path, data=form(**{f"q{consent.id}": "y"})).status_code == 303


@one_engine
def test_guests_by_name(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9, guest_names=True)
    client, path = client_for(cast.parent), f"/events/{event.slug}/registrations"
    for guests in ("", "Mia", "Mia\nNoé\nLea", "x" * 121 + "\nMia"):
        answer = client.post(path, data=form(party="3", guests=guests))
        assert answer.status_code == 422, guests[:20]
        assert 'id="guests-error"' in answer.text
    answer = client.post(path, data=form(party="3", guests="  Mia \r\n\r\nNoé\r\n"))
    assert "Mia, Noé" in client.get(answer.location).text
    token = answer.location.split("/")[2]
    client.post(f"/registrations/{token}/details/", data=form(party="2", guests="Noé"))
    db.session.rollback()
    assert [(guest.number, guest.name) for guest in db.session.scalars(select(Guest))] == [(2, "Noé")]


@one_engine
def test_what_was_typed_survives_signing_in(app: Flask, client_for: Any) -> None:
    event, q = family_day(guest_names=True)
    client = client_for()
    typed = form(email="nora@new.example", party="2", guests="Mia", diet="No nuts")
    typed |= {q["children"]: "yes", q["ages"]: "6–12", q["by"]: "Bus", q["photos"]: "y"}
    client.post(f"/events/{event.slug}/registrations", data=typed)
    page = client.get(f"/events/{event.slug}/").text
    for words in ("Mia", "No nuts", "selected", "checked"):
        assert words in page


@one_engine
def test_needs_and_diet_are_two_things(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    client_for(cast.parent).post(f"/events/{event.slug}/registrations", data=form(needs="A ramp", diet="No nuts"))
    row = db.session.scalars(select(Registration)).one()
    assert (row.needs, row.diet) == ("A ramp", "No nuts")
    for mail in mails("event_"):
        assert "nuts" not in mail.text and "ramp" not in mail.text


@one_engine
def test_who_comes_is_read_by_those_who_come_and_only_of_who_agrees(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=2, participants_listed=True)
    ann, _bea = seat(event, "Ann", listed=True), seat(event, "Bea")
    cid = seat(event, "Cid", listed=True)  # waits, so does not come yet
    page = client_for().get(f"/registrations/{cid.token}/").text
    assert "<li>Ann</li>" in page
    assert "<li>Bea</li>" not in page
    assert "<li>Cid</li>" not in page
    assert "<li>Ann</li>" not in client_for().get(f"/events/{event.slug}/").text
    with atomic():
        services.withdraw(cid.id)
    assert "<li>Ann</li>" not in client_for().get(f"/registrations/{cid.token}/").text
    with atomic():
        locked(Event, event.id).approval = True
    asks = seat(event, "Dan")
    assert "<li>Ann</li>" not in client_for().get(f"/registrations/{asks.token}/").text
    assert ann.status == "confirmed"


@one_engine
def test_one_chooses_among_pools(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=1)
    with atomic():
        pools.add_pool(event.id, name="", kind=PoolKind.ONLINE, capacity=30, largest_party=3, actor_id=None)
    room, online = db.session.scalars(select(SeatPool).order_by(SeatPool.id))
    seat(event, "Ann")
    seat(event, "Bea")
    client = client_for(cast.parent)
    page = client.get(f"/events/{event.slug}/").text
    for words in ("In the room: full, 1 registration waits", "Online: 30 seats are free"):
        assert words in page
    path = f"/events/{event.slug}/registrations"
    assert client.post(path, data=form(pool_id="999")).status_code == 422
    too_many = client.post(path, data=form(pool_id=str(room.id), party="3"))
    assert too_many.status_code == 422
    assert "more than we can seat together" in too_many.text
    answer = client.post(path, data=form(pool_id=str(online.id), party="3"))
    assert "You have a seat" in client.get(answer.location).text
    assert db.session.scalars(select(Registration.pool_id).where(Registration.party == 3)).one() == online.id


@one_engine
def test_the_states_have_the_same_words_everywhere(app: Flask, cast: Cast, client_for: Any) -> None:
    client = client_for(cast.parent)

    def shown(event: Event, words: str, badge: str) -> None:
        db.session.rollback()
        query = select(Registration.token).where(
            Registration.event_id == event.id, Registration.email == cast.parent.email
        )
        token = db.session.scalars(query).one()
        for path in (f"/events/{event.slug}/", f"/registrations/{token}/"):
            assert words in client.get(path).text, path
        assert badge in client.get("/account/").text

    asked = make_event(capacity=3, approval=True)
    page = client.get(f"/events/{asked.slug}/").text
    assert "Send my request" in page
    client.post(f"/events/{asked.slug}/registrations", data=form())
    shown(asked, "Your request is with the organisers", "requested")
    full = make_event(title="Full", capacity=2)
    first = seat(full, "Ann", 2)
    assert "If you have to wait" in client.get(f"/events/{full.slug}/").text
    client.post(f"/events/{full.slug}/registrations", data=form(ask_first="y", operation="an-operation-2"))
    shown(full, "You are on the waiting list", "waiting list")
    with atomic():
        services.withdraw(first.id)
    shown(full, "Seats are kept for you", "your answer is awaited")
    part = make_event(title="Part", capacity=1)
    client.post(f"/events/{part.slug}/registrations", data=form(party="1", operation="an-operation-3"))
    shown(part, "You have a seat", "you have a seat")
    more = make_event(title="More", capacity=3)
    seat(more, "Ann", 2)
    client.post(f"/events/{more.slug}/registrations", data=form(party="3", in_part="y", operation="an-operation-4"))
    shown(more, "Some of your seats are yours", "1 of 3 seats")


def count(work: Any) -> list[str]:
    """The statements of some work, without those that begin a transaction."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    sql_event.listen(db.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        sql_event.remove(db.engine, "before_cursor_execute", note)
    return [text for text in statements if not text.startswith(("BEGIN", "SET LOCAL"))]


@pytest.mark.parametrize("pools_more", [0, 3])
def test_the_public_page_takes_four_statements_with_all_there_is(app: Flask, client_for: Any, pools_more: int) -> None:
    event, _fields = family_day(participants_listed=True)
    for number in range(pools_more):
        with atomic():
            pools.add_pool(
                event.id, name=f"Room {number}", kind=PoolKind.ROOM, capacity=0, largest_party=3, actor_id=None
            )
    seat(event, "Ann", 5)
    work = count(lambda: client_for().get(f"/events/{event.slug}/"))
    assert len(work) <= 4, "\n".join(work)


def test_a_registration_with_answers_and_guests_takes_few_statements(app: Flask, cast: Cast, client_for: Any) -> None:
    event, q = family_day(guest_names=True)
    client = client_for(cast.parent)
    typed = form(party="3", guests="Mia\nNoé", **{q["children"]: "yes", q["ages"]: "6–12", q["by"]: "Bus"})
    work = count(lambda: client.post(f"/events/{event.slug}/registrations", data=typed))
    assert len(said()) == 4
    assert len(work) <= 15, "\n".join(work)


def test_a_registration_without_questions_takes_fewer(app: Flask, cast: Cast, client_for: Any) -> None:
    event, client = make_event(capacity=50), client_for(cast.parent)
    work = count(lambda: client.post(f"/events/{event.slug}/registrations", data=form()))
    assert len(work) <= 13, "\n".join(work)


# The page that changes a registration


@one_engine
def test_changing_a_registration_by_its_link(app: Flask, client_for: Any) -> None:
    event, q = family_day()
    ann = seat(event, "Ann", 2)
    client, path = client_for(), f"/registrations/{ann.token}/details/"
    assert client.get("/registrations/none/details/").status_code == 404
    wrong = client.post(path, data=form(name="", party="9", needs="A ramp", **{q["children"]: "no"}))
    assert wrong.status_code == 422
    assert "A ramp" in wrong.text
    answer = client.post(path, data=form(name="Anna", party="3", needs="A ramp", **{q["children"]: "no"}))
    assert answer.location == f"/registrations/{ann.token}/"
    page = client.get(answer.location).text
    for words in ("Anna", "3 people", "A ramp"):
        assert words in page
    assert len(mails("event_party")) == 1
    client.post(path, data=form(name="Anne", party="3", **{q["children"]: "no"}))
    assert len(mails("event_party")) == 1  # who sits is as before
    with travel(event.ends_at + timedelta(hours=1)):
        assert client.get(path).status_code == 303
        assert client.post(path, data=form()).status_code == 303


def test_more_than_are_free_is_refused_beside_the_number(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=3)
    ann, _bea = seat(event, "Ann", 2), seat(event, "Bea", 1)
    answer = client_for().post(f"/registrations/{ann.token}/details/", data=form(name="Other", party="3"))
    assert answer.status_code == 422
    assert "free seats for 2 of you" in answer.text
    db.session.rollback()
    assert db.session.get_one(Registration, ann.id).name == "Ann"  # nothing half written


@one_engine
def test_moving_to_a_full_pool_is_refused_beside_the_choice(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=3)
    with atomic():
        small = pools.add_pool(event.id, name="Loft", kind=PoolKind.ROOM, capacity=1, largest_party=5, actor_id=None)
    ann = seat(event, "Ann", 2)
    path = f"/registrations/{ann.token}/details/"
    answer = client_for().post(path, data=form(party="2", pool_id=str(small.id)))
    assert answer.status_code == 422
    assert 'id="pool_id-error"' in answer.text
    assert client_for().post(path, data=form(party="1", pool_id=str(small.id))).status_code == 303


@one_engine
def test_answering_an_offer(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=1)
    first, olaf = seat(event, "Ann"), seat(event, "Olaf", ask_first=True)
    client, path = client_for(), f"/registrations/{olaf.token}/acceptance"
    assert client.post("/registrations/none/acceptance").status_code == 404
    client.post(path)  # too early
    with atomic():
        services.withdraw(first.id)
    page = client.get(f"/registrations/{olaf.token}/").text
    assert "1 seat is kept for you until" in page
    client.post(path)
    assert "You have a seat" in client.get(f"/registrations/{olaf.token}/").text


@one_engine
def test_the_queue_names_nobody(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=1)
    ann = seat(event, "Ann")
    waiting = [seat(event, name) for name in ("Bea", "Cid", "Dan")]
    with atomic():
        queueing.move(waiting[2].id, 1, "They come from far.", None)
    client = client_for()
    page = client.get(f"/registrations/{waiting[1].token}/queue/").text
    for words in ("They come from far.", "went past 2 others", "Moved"):
        assert words in page
    assert re.findall(r"\b(?:Ann|Bea|Cid|Dan|home\.example)\b", page) == []
    assert client.get(f"/registrations/{ann.token}/queue/").status_code == 303
    assert client.get("/registrations/none/queue/").status_code == 404
