"""The secret address of one's own calendar: whose it is, what it shows, and how it ends."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.accounts.models import Person
from app.core.database import db
from app.core.transactions import atomic
from app.events.models import CalendarFeed
from tests.cast import Cast
from tests.events.helpers import make_event, seat


def address_of(client: Any) -> str:
    """The address on the page, without its host; empty when there is none."""
    page = client.get("/account/calendar/").text
    found = re.search(r'value="http://localhost(/events/calendar/[^"]+\.ics)"', page)
    return found[1] if found else ""


def test_a_stranger_has_none(app: Flask, client_for: Any) -> None:
    client = client_for()
    assert client.get("/account/calendar/").status_code == 303
    for action in ("address", "removal"):
        assert client.post(f"/account/calendar/{action}").status_code == 303
    assert client.get("/events/calendar/nothing.ics").status_code == 404
    assert db.session.scalar(select(CalendarFeed)) is None


def test_it_shows_what_its_owner_may_see(app: Flask, cast: Cast, client_for: Any) -> None:
    make_event(title="For all")
    make_event(title="For staff", audience="staff")
    make_event(title="A draft", status="draft")
    asked = make_event(title="By invitation", audience="invited", capacity=3)
    make_event(title="For others", audience="invited", capacity=3)
    seat(asked, "Pia", source="organiser")
    with atomic():
        db.session.get_one(Person, cast.parent.id).email = "pia@home.example"
    shown = {}
    for who in ("staff", "parent"):
        client = client_for(getattr(cast, who))
        assert "/account/calendar/" in client.get("/account/").text
        assert address_of(client) == ""
        client.post("/account/calendar/address")
        text = client_for().get(address_of(client)).text  # a calendar has no session
        titles = ("For all", "For staff", "A draft", "By invitation", "For others")
        shown[who] = [title for title in titles if f"SUMMARY:{title}" in text]
    assert shown == {"staff": ["For all", "For staff"], "parent": ["For all", "By invitation"]}


def test_it_ends_at_once(app: Flask, cast: Cast, client_for: Any) -> None:
    make_event(title="For staff", audience="staff")
    owner, calendar = client_for(cast.staff), client_for()
    owner.post("/account/calendar/address")
    first = address_of(owner)
    answer = calendar.get(first)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert calendar.get(first, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    owner.post("/account/calendar/address")
    second = address_of(owner)
    assert calendar.get(first).status_code == 404
    assert calendar.get(second).status_code == 200
    with atomic():
        db.session.get_one(Person, cast.staff.id).active = False
    assert calendar.get(second).status_code == 404
    with atomic():
        db.session.get_one(Person, cast.staff.id).active = True
    owner.post("/account/calendar/removal")
    assert calendar.get(second).status_code == 404
    assert owner.post("/account/calendar/removal").status_code == 303
    assert address_of(owner) == ""
