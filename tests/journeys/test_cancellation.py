"""An organiser moves an event, then cancels it: every calendar is told, and ends without an entry.

Over real SMTP, into programs that do what calendars do; an answer of one of them comes back by the command that a mail
server pipes into.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from app.config import ROOT
from app.core.database import db
from app.core.transactions import atomic
from app.events import services as events
from app.events.models import Event
from tests.calendar_client import CalendarClient, answer
from tests.cast import Cast
from tests.journeys.browser import LAPTOP, PHONE, Visitor
from tests.journeys.scenes import talk
from tests.letterbox import Letterbox
from tests.serving import Server, free_port, served

BOX = "events@agency.example"
NAMES = ("ann", "bea", "carla", "dora")


@pytest.fixture
def letterbox() -> Iterator[tuple[Letterbox, str]]:
    box, port = Letterbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture
def mailing(tmp_path: Path, letterbox: tuple[Letterbox, str]) -> Iterator[Server]:
    """A server that sends over SMTP and says where calendars may answer."""
    with served("sqlite", tmp_path, SMTP_URL=letterbox[1], MAIL_IN=BOX) as made:
        yield made


def address(name: str) -> str:
    return f"{name}@home.example"


def wait_for(box: Letterbox, to: str, words: str) -> Any:
    """The newest letter to an address whose subject holds the words."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for letter in reversed(box.to(to)):
            if words in letter["Subject"]:
                return letter
        time.sleep(0.1)
    raise AssertionError(f"no mail to {to} with {words!r}: {[one['Subject'] for one in box.letters]}")


def registered(slug: str) -> int:
    """Ann, Bea and Carla have the three seats; Dora waits. Returns the event's id."""
    with atomic():
        event_id = int(db.session.scalars(select(Event.id).where(Event.slug == slug)).one())
        for name in NAMES:
            events.register(event_id, name=name.title(), email=address(name), locale="fr" if name == "bea" else "en")
    return event_id


def read(box: Letterbox, name: str) -> CalendarClient:
    """Somebody's calendar after all the mails so far."""
    phone = CalendarClient()
    for letter in box.to(address(name)):
        phone.receive(letter)
    return phone


def calendar_part(letter: Any) -> bytes:
    (found,) = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    return bytes(found.get_payload(decode=True))


def pipe(server: Server, raw: bytes) -> str:
    """What a mail server does with a message to our mailbox."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "mail-in"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | server.environ, input=raw, capture_output=True, timeout=60, check=True
    )
    return done.stdout.decode().split()[-1]


def test_an_event_is_moved_answered_and_cancelled(
    mailing: Server, letterbox: tuple[Letterbox, str], visitor: Callable[..., Visitor]
) -> None:
    box, _url = letterbox
    cast = Cast.assemble()
    slug = talk(capacity=3)
    event_id = registered(slug)
    for name in NAMES[:3]:
        wait_for(box, address(name), "A suitcase")
    wait_for(box, address("dora"), "waiting list")
    assert [read(box, name).titles for name in NAMES] == [["A suitcase for two"]] * 3 + [[]]

    # The organiser moves it.
    olga = visitor(mailing, size=LAPTOP)
    olga.go("/account/sign-in/")
    olga.page.fill("input[name=email]", cast.organiser.email)
    olga.page.click("main form button[type=submit]")
    olga.page.goto(_link(wait_for(box, cast.organiser.email, "code")))
    if olga.page.locator("main form button[type=submit]").count():
        olga.page.click("main form button[type=submit]")
    olga.go(f"/manage/events/{event_id}/")
    olga.page.fill("input[name=starts_at]", "2031-03-08T18:30")
    olga.page.fill("input[name=ends_at]", "2031-03-08T20:00")
    olga.page.fill("input[name=place]", "The great hall")
    olga.page.click("text=Keep the changes")
    assert "4 mails tell of it" in olga.page.inner_text("main")
    _until(lambda: [len(box.to(address(name))) for name in NAMES] == [2] * 4)
    for name in NAMES[:3]:
        (entry,) = read(box, name).entries.values()
        assert (f"{entry.dtstart.value:%Y-%m-%d %H:%M}", entry.location.value) == ("2031-03-08 18:30", "The great hall")
    assert read(box, "dora").entries == {}

    # Bea says no in her calendar: Dora has the seat.
    invitation = calendar_part(box.to(address("bea"))[-1])
    reply = answer(invitation, "DECLINED")
    to = reply.partition("ORGANIZER:mailto:")[2].partition("\r\n")[0]
    raw = (
        f"From: {address('bea')}\r\nTo: {to}\r\nSubject: Refus\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\n{reply}"
    ).encode()
    assert pipe(mailing, raw) == "done"
    wait_for(box, address("dora"), "A seat became free")
    _until(lambda: read(box, "bea").entries == {})
    assert read(box, "dora").titles == ["A suitcase for two"]

    # Eva waits, and the event is cancelled.
    with atomic():
        events.register(event_id, name="Eva", email=address("eva"))
    olga.go(f"/manage/events/{event_id}/")
    olga.page.click("details summary:has-text('Postpone or cancel')")
    olga.page.fill("textarea[name=message]", "The speaker's train stands in the snow.")
    olga.page.click("text=Cancel the event")
    assert "4 mails tell of it" in olga.page.inner_text("main")
    for name in ("ann", "carla", "dora", "eva"):
        letter = wait_for(box, address(name), "Cancelled")
        assert "in the snow" in letter.get_body(("plain",)).get_content()
    assert {name: read(box, name).entries for name in (*NAMES, "eva")} == {name: {} for name in (*NAMES, "eva")}
    assert [part.get_content_type() for part in wait_for(box, address("eva"), "Cancelled").walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    heard = {name: [method for method, _sequence in read(box, name).heard] for name in (*NAMES, "eva")}
    assert heard == {
        "ann": ["REQUEST", "REQUEST", "CANCEL"], "bea": ["REQUEST", "REQUEST", "CANCEL"], "eva": [],
        "carla": ["REQUEST", "REQUEST", "CANCEL"], "dora": ["REQUEST", "CANCEL"],
    }  # fmt: skip
    for name in NAMES:
        sequences = [sequence for _method, sequence in read(box, name).heard]
        assert sequences == sorted(set(sequences))

    # The mails can be read on a phone, by day and by night.
    reader = visitor(mailing, size=PHONE)
    for letter in (wait_for(box, address("ann"), "New time"), wait_for(box, address("ann"), "Cancelled")):
        for scheme in ("light", "dark"):
            reader.page.emulate_media(color_scheme=scheme)
            reader.page.set_content(letter.get_body(("html",)).get_content())
            assert not reader.overflows()
            assert reader.page.locator("h1").count() == 1


def _link(letter: Any) -> str:
    text = letter.get_body(("plain",)).get_content()
    return next(word for word in text.split() if "/account/link/" in word)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert true()
