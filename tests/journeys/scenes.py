"""Scenes for the journeys, set through the same services as in daily use."""

from __future__ import annotations

import io
import json
import re
import time
import urllib.request
from datetime import timedelta

from flask import Flask
from PIL import Image
from playwright.sync_api import Page
from sqlalchemy import select

from app.accounts.models import Person
from app.auctions import preparation
from app.core import jobs
from app.core.clock import now
from app.core.database import db
from app.core.jobs import Job
from app.core.transactions import atomic
from app.events import services as events
from app.galleries import services as galleries
from app.galleries.models import Scope
from app.galleries.services import DERIVE
from app.partners.services import create_partner
from tests.cast import Cast
from tests.serving import Server


def painting(colour: str = "teal", size: tuple[int, int] = (900, 640)) -> bytes:
    """A real PNG."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def hang(cast: Cast, titles: tuple[str, ...]) -> list[int]:
    """A public gallery with these artworks; returns their ids."""
    with atomic():
        gallery = galleries.create_gallery(title="Three words", themes=[("", "Migration", "Why do people leave?")])
        galleries.publish(gallery.id, published=True, actor_id=cast.curator.id)
        gallery_id = gallery.id
    ids = []
    for index, title in enumerate(titles):
        with atomic():
            work = galleries.add_artwork(
                gallery_id, painting(("teal", "orange", "purple")[index % 3]), "a.png", title=title, artist="Mina",
                age_band="8–10", medium="Crayon", alt=f"A picture called {title}", uploaded_by=cast.curator.id,
            )  # fmt: skip
            galleries.give_consent(work.id, list(Scope), "A guardian", "1", cast.curator.id)
            galleries.give_assent(work.id, cast.curator.id)
            galleries.review(work.id, cast.second_curator.id)
            ids.append(work.id)
    while jobs.run_due() or _being_drawn():
        time.sleep(0.02)  # the server's own worker may be at it
    return ids


def _being_drawn() -> bool:
    db.session.rollback()
    return bool(db.session.scalar(select(Job.id).where(Job.kind == DERIVE, Job.done_at.is_(None)).limit(1)))


def sell(artwork_ids: list[int], *, closes_in_s: float, soft_close_s: int = 120) -> tuple[str, list[str]]:
    """A running auction of these artworks; returns its slug and the codes of the lots' labels."""
    with atomic():
        ngo = create_partner(name="Passerelle Femmes", kind="ngo")
        db.session.flush()
        auction = preparation.create_auction(
            title="The fair", opens_at=now() - timedelta(hours=1), closes_at=now() + timedelta(seconds=closes_in_s),
            beneficiary_id=ngo.id, published=True, terms="A bid is a promise.",
        )  # fmt: skip
        auction.soft_close_s = soft_close_s
        lots = preparation.add_lots(auction.id, artwork_ids, 1000)
        return auction.slug, [lot.code for lot in lots]


def talk(capacity: int) -> str:
    """A published talk with seats; returns its slug."""
    with atomic():
        event = events.create_event(
            title="A suitcase for two", kind="talk", starts_at=now() + timedelta(days=9),
            ends_at=now() + timedelta(days=9, hours=1), place="Room 3", capacity=capacity,
        )  # fmt: skip
        db.session.flush()
        events.set_status(event.id, "published")
        return event.slug


def newest_mail(server: Server, to: str, words: str = "", patience_s: float = 20) -> dict[str, str]:
    """The newest mail sent to an address whose subject or text holds the words; waits for the worker."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{server.url}/dev/mail.json", timeout=5) as answer:
            for mail in json.load(answer):
                if mail["to"] == to and words in mail["subject"] + mail["text"]:
                    return mail
        time.sleep(0.25)
    raise AssertionError(f"no mail to {to} with {words!r}")


def sign_in(server: Server, page: Page, email: str) -> None:
    """Type the address, unless a form has told it already; fetch the code from the mail, type it."""
    page.wait_for_url(re.compile("/account/(sign-in|code)/"))
    if page.locator("input[name=email]").count():
        page.fill("input[name=email]", email)
        page.click("main form button[type=submit]")
    code = re.search(r"\b\d{6}\b", newest_mail(server, email, "code")["text"])
    assert code is not None
    page.fill("input[name=code]", code.group())
    page.click("main form button[type=submit]")


def person(app: Flask, email: str) -> Person:
    """Somebody by their address."""
    db.session.rollback()
    return db.session.query(Person).filter_by(email=email).one()
