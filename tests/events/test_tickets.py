"""Tickets: who has one, what it holds, and what cannot be made of it."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from app.core.transactions import atomic
from app.events import services, tickets
from app.events.door_queries import device_list
from app.events.models import Registration
from tests.cast import Cast
from tests.events.door_helpers import open_door, scan
from tests.events.helpers import make_event, seat

FILES = ("ticket/", "ticket.png", "ticket.pdf")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_stranger_has_no_ticket(app: Flask, client_for: Any) -> None:
    for name in FILES:
        assert client_for().get(f"/registrations/nobody/{name}").status_code == 404


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_holder_sees_prints_and_keeps_it(app: Flask, client_for: Any) -> None:
    registration = seat(make_event(title="A door & a <half>", capacity=9), "Ann", 4)
    client = client_for()
    page = client.get(f"/registrations/{registration.token}/ticket/")
    assert page.status_code == 200
    assert "A door &amp; a &lt;half&gt;" in page.text and "admits 4 people" in page.text
    assert tickets.short(registration) in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert f"/registrations/{registration.token}/ticket/" in client.get(f"/registrations/{registration.token}/").text
    picture = Image.open(io.BytesIO(client.get(f"/registrations/{registration.token}/ticket.png").data))
    assert picture.format == "PNG" and picture.height > picture.width > 500
    document = client.get(f"/registrations/{registration.token}/ticket.pdf")
    assert (
        document.mimetype == "application/pdf"
        and document.data.startswith(b"%PDF-")
        and b"pdfuaid:part" in document.data
    )


@pytest.mark.parametrize("engine", ["sqlite"])
def test_without_a_seat_there_is_none(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=2)
    full, waiting = seat(event, "Ann", 2), seat(event, "Bea")
    client = client_for()
    for registration in (waiting, full):
        if registration is full:
            with atomic():
                services.set_status(event.id, "cancelled")
        own = f"/registrations/{registration.token}/"
        assert client.get(f"{own}ticket/").location == own
        assert client.get(f"{own}ticket.pdf").status_code == client.get(f"{own}ticket.png").status_code == 404
        assert f"{own}ticket/" not in client.get(own).text


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_code_gives_the_page_away_to_nobody(app: Flask, cast: Cast) -> None:
    """What a device, or whoever photographs a ticket, sees: nothing of it leads to the registration's page."""
    event = make_event(capacity=9)
    registration = seat(event, "Ann")
    text = tickets.ticket_text(registration)
    assert re.fullmatch(rf"K1\.{registration.id}\.[2-9A-HJKMNP-Z]{{12}}", text)
    assert registration.token not in text and registration.token.upper() not in text
    listed = device_list(event, open_door(event), [])["tickets"]
    assert listed[0][1] == hashlib.sha256(text.encode()).hexdigest()
    assert registration.token not in str(listed) and tickets.ticket_key(registration) not in str(listed)
    assert "@" not in str(listed)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_code_is_read_however_it_is_typed(app: Flask) -> None:
    registration = seat(make_event(capacity=9), "Ann")
    key = tickets.ticket_key(registration)
    for typed in (
        tickets.ticket_text(registration), tickets.short(registration), f" k1.{registration.id}.{key.lower()} ",
        f"{registration.id}-{key[:6]}-{key[6:]}", f"{registration.id}  {key}",
    ):  # fmt: skip
        assert tickets.read_code(typed) == (registration.id, key), typed
    for typed in (
        "",
        "Ann",
        key,
        f"K2.1.{key}",
        f"0 {key}",
        f"99999999999 {key}",
        f"1 {key}0",
        "K1..",
        "١ " + key,
        "\ud800",
    ):
        assert tickets.read_code(typed) is None, typed


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_forged_key_is_no_ticket(app: Flask) -> None:
    event = make_event(capacity=9)
    registration: Registration = seat(event, "Ann")
    key = tickets.ticket_key(registration)
    forged = f"K1.{registration.id}.{key[:-1]}{'2' if key[-1] != '2' else '3'}"
    assert (scan(event, code=forged).word, scan(event, code=tickets.ticket_text(registration)).word) == (
        "not_valid",
        "admitted",
    )
