"""Registering, through the pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event as sql_event
from sqlalchemy import func, select

from app.accounts.models import Person
from app.core.database import db
from app.core.transactions import atomic
from app.events import queries
from app.events.models import Registration
from tests.cast import Cast
from tests.events.helpers import attached, mails, make_event, seat

NASTY = {
    "name": ["", "   ", "x" * 121, "x" * 1_000_000, "a\x00b", "a\u202eb", "a\nb"],
    "party": ["", "0", "-1", "6", "1e3", "NaN", "1.5", "١٢", "9" * 30, "one"],
    "needs": ["x" * 1001, "a\x00b", "a\u2066b"],
    "email": [
        "",
        "nobody",
        "a@b@c.example",
        "a@x.example\nBcc: b@x.example",
        "x" * 300 + "@x.example",
        "a\u202e@x.example",
    ],
}


def form(**changes: str) -> dict[str, str]:
    return {"name": "Pia Parent", "party": "1", "needs": "", "operation": "an-operation-1"} | changes


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Registration)) or 0


def test_the_journey_of_somebody_without_an_account(app: Flask, client_for: Any) -> None:
    event, client = make_event(capacity=5), client_for()
    page = client.get(f"/events/{event.slug}/").text
    assert "5 seats are free" in page
    operation = re.search(r'name="operation"[^>]*value="([^"]+)"', page) or re.search(
        r'value="([^"]+)"[^>]*name="operation"', page
    )
    typed = form(name="Nora New", email="Nora@New.example", party="3", needs="A ramp", operation=operation.group(1))
    asked = client.post(f"/events/{event.slug}/registrations", data=typed)
    assert (asked.status_code, asked.location) == (303, "/account/code/"), (
        "the address was told: the code is on its way"
    )
    assert count() == 0
    shown = client.get(asked.location).text
    assert "What you typed is kept" in shown and "nora@new.example" in shown
    assert f"/account/sign-in/?next=/events/{event.slug}/" in shown, "another address comes back here, too"
    code = re.search(r"\b(\d{6})\b", mails("sign-in")[0].text).group(1)
    back = client.post("/account/code/", data={"code": code})
    assert back.location == f"/events/{event.slug}/"
    page = client.get(back.location).text
    for words in (
        "Nearly there",
        'value="Nora New"',
        'value="3"',
        "A ramp",
        "nora@new.example",
        "Confirm my registration",
    ):
        assert words in page
    answer = client.post(f"/events/{event.slug}/registrations", data=typed)
    ticket = client.get(answer.location).text
    for words in ("You have a seat", "Nora New", "3 people", "A ramp", event.title):
        assert words in ticket
    person = db.session.scalar(select(Person).where(Person.email == "nora@new.example"))
    assert person.name == "Nora New"
    (mail,) = mails("event_confirmed")
    assert mail.recipient == "nora@new.example"
    assert answer.location in mail.text
    page = client.get(f"/events/{event.slug}/").text
    assert "Nearly there" not in page
    assert answer.location in page
    assert event.title in client.get("/account/").text


def test_without_a_code_to_send_the_sign_in_page_asks(app: Flask, client_for: Any, monkeypatch: Any) -> None:
    """Codes are counted, and the organisation's own way in offers itself first."""
    event = make_event(capacity=5)
    asking = f"/account/sign-in/?next=/events/{event.slug}/"
    for _ in range(10):
        client = client_for()
        answer = client.post(f"/events/{event.slug}/registrations", data=form(email="nora@new.example"))
        assert answer.location in ("/account/code/", asking)
    assert answer.location == asking
    assert "nora@new.example" in client.get(asking).text
    assert len(mails("sign-in")) < 10
    for key, value in (("OIDC_ISSUER", "https://login.example"), ("OIDC_NAME", "The house")):
        monkeypatch.setitem(app.config["KERMESSE"].values, key, value)
    answer = client_for().post(f"/events/{event.slug}/registrations", data=form(email="other@new.example"))
    assert answer.location == asking


def test_a_name_that_is_known_is_kept(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=5)
    client_for(cast.parent).post(f"/events/{event.slug}/registrations", data=form(name="The Pias"))
    db.session.rollback()
    assert db.session.get(Person, cast.parent.id).name == "Pia Parent"
    assert db.session.scalar(select(Registration.name)) == "The Pias"


def test_when_it_is_full_one_waits_and_sees_the_place(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=1)
    seat(event, "Ann")
    client = client_for(cast.parent)
    assert "Join the waiting list" in client.get(f"/events/{event.slug}/").text
    answer = client.post(f"/events/{event.slug}/registrations", data=form())
    page = client.get(answer.location).text
    assert "You are on the waiting list" in page
    assert "Place 1 in the queue" in page
    assert client.get(f"{answer.location}event.ics").status_code == 404
    (mail,) = mails("event_waiting")
    assert mail.files == "[]"


def test_sending_twice_is_sending_once(app: Flask, cast: Cast, client_for: Any) -> None:
    event, client = make_event(capacity=5), client_for(cast.parent)
    answers = [client.post(f"/events/{event.slug}/registrations", data=form()) for _ in range(2)]
    again = client.post(f"/events/{event.slug}/registrations", data=form(operation="an-operation-2", party="2"))
    assert {answer.location for answer in [*answers, again]} == {answers[0].location}
    assert count() == 1
    assert len(mails("event_confirmed")) == 1
    assert "registered already" in client.get(again.location).text


def test_withdrawing_lets_the_next_in(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=1)
    ann, bea = seat(event, "Ann"), seat(event, "Bea")
    client = client_for()
    answer = client.post(f"/registrations/{ann.token}/withdrawal")
    assert "not registered any more" in client.get(answer.location).text
    assert "You have a seat" in client.get(f"/registrations/{bea.token}/").text
    assert "Register again" in client.get(f"/registrations/{ann.token}/").text
    method, entry = attached(mails("event_withdrawn")[0])
    assert (method, str(entry["STATUS"])) == ("CANCEL", "CANCELLED")
    assert attached(mails("event_promoted")[0])[0] == "REQUEST"


def test_after_the_event_there_is_nothing_to_withdraw_from(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=1)
    ann = seat(event, "Ann")
    with atomic():
        row = db.session.get(type(event), event.id)
        row.starts_at, row.ends_at = row.created_at, row.created_at
    client = client_for()
    answer = client.post(f"/registrations/{ann.token}/withdrawal")
    page = client.get(answer.location).text
    assert "nothing to withdraw from" in page
    assert queries.counts_of(event.id)["confirmed"] == (1, 1)


@pytest.mark.parametrize("field", list(NASTY))
def test_bad_input_is_refused_beside_its_field_and_nothing_is_written(
    app: Flask, cast: Cast, client_for: Any, field: str
) -> None:
    event = make_event(capacity=5)
    client = client_for(None if field == "email" else cast.parent)
    for value in NASTY[field]:
        typed = form(email="a@x.example", name="Ann <b>Typed</b>", needs="Kept words") | {field: value}
        answer = client.post(f"/events/{event.slug}/registrations", data=typed)
        assert answer.status_code in (400, 413, 422), (field, value[:20])
        if answer.status_code == 422 and field != "needs":
            assert f'id="{field}-error"' in answer.text
            assert "Kept words" in answer.text
            assert "<b>Typed" not in answer.text
    assert count() == 0
    assert mails() == []


@pytest.mark.parametrize(
    "changes", [{"status": "cancelled"}, {"status": "postponed"}, {"days": -0.01}, {"capacity": None}]
)
def test_a_closed_registration_says_why(app: Flask, cast: Cast, client_for: Any, changes: dict[str, Any]) -> None:
    event = make_event(**({"capacity": 3} | changes))
    answer = client_for(cast.parent).post(f"/events/{event.slug}/registrations", data=form())
    assert answer.status_code == 409
    assert count() == 0


def test_missing_and_repeated_fields(app: Flask, cast: Cast, client_for: Any) -> None:
    event, client = make_event(capacity=3), client_for(cast.parent)
    path = f"/events/{event.slug}/registrations"
    assert client.post(path).status_code == 422
    assert client.post(path, data={"name": ["A", "B"], "party": ["1", "1"]}).status_code == 303
    assert client.post(path, data="{}", content_type="text/plain").status_code == 415
    assert client.get(path).status_code == 405


def test_the_mail_speaks_the_readers_language_and_carries_the_invitation(
    app: Flask, cast: Cast, client_for: Any
) -> None:
    event = make_event(capacity=3, title='Café "à la une", <b>oui</b>; non', online_url="https://meet.example/x")
    client_for(cast.parent).post(f"/events/{event.slug}/registrations", data=form(name='Pia "P." O\'Hara, Jr; \\'))
    (mail,) = mails("event_confirmed")
    method, entry = attached(mail)
    assert method == "REQUEST"
    assert str(entry["UID"]) == f"event-{event.id}@localhost"
    assert str(entry["ATTENDEE"]).lower() == f"mailto:{cast.parent.email}"
    assert str(entry["SUMMARY"]) == event.title
    assert "<b>oui" not in mail.html
    assert event.title in mail.text
    assert "https://meet.example/x" in mail.text
    assert "http://localhost/registrations/" in mail.text


def test_the_join_link_is_for_those_who_hold_a_seat(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=1, online_url="https://meet.example/secret")
    ann, bea = seat(event, "Ann"), seat(event, "Bea")
    client = client_for()
    for path in (
        f"/events/{event.slug}/",
        f"/events/{event.slug}/event.ics",
        "/events/calendar.ics",
        f"/registrations/{bea.token}/",
    ):
        assert "meet.example/secret" not in client.get(path).text
    for path in (f"/registrations/{ann.token}/", f"/registrations/{ann.token}/event.ics"):
        assert "meet.example/secret" in client.get(path).text
    assert "meet.example/secret" not in mails("event_waiting")[0].text


def test_a_registration_takes_few_statements(app: Flask, cast: Cast, client_for: Any) -> None:
    event, client = make_event(capacity=50), client_for(cast.parent)
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    sql_event.listen(db.engine, "before_cursor_execute", note)
    try:
        client.post(f"/events/{event.slug}/registrations", data=form())
    finally:
        sql_event.remove(db.engine, "before_cursor_execute", note)
    work = [text for text in statements if not text.startswith(("BEGIN", "SET LOCAL"))]
    assert len(work) <= 14, "\n".join(work)
