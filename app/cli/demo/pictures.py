"""The demo's galleries: forty drawn pictures that pass the same upload, consent and review as a teacher's photographs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from app.cli.demo import people, programme
from app.cli.demo.texts import CAMPAIGN_2006, GALLERY_2006, GALLERY_NOW, THEMES
from app.cli.demo_art import WORKS, Work, render
from app.core import jobs
from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.events.models import Event
from app.galleries import services as galleries
from app.galleries.models import Artwork, Gallery, Scope

SCHOOLS = ("ecole-du-rhone", "lakeside-school")
CONSENT_TEXT = "2006-1"
SHARE_2006 = 0.55  # how many of the pictures hang in the gallery of 2006


def gallery(title: str) -> Gallery | None:
    """A gallery of the demo, by its title."""
    return db.session.scalar(select(Gallery).where(Gallery.title == title))


def seed(count: int) -> None:
    """Hang what is missing of the first `count` works."""
    works = WORKS[:count]
    split = round(len(works) * SHARE_2006)
    with travel(programme.WINTER_2006):
        _gallery(GALLERY_2006, CAMPAIGN_2006["title"], "Three words, many pictures: the exhibition")
    _gallery(GALLERY_NOW, programme.this_season()["title"], "Hammer evening")
    plan = [(work, GALLERY_2006["title"]) for work in works[:split]]
    plan += [(work, GALLERY_NOW["title"]) for work in works[split:]]
    known = set(db.session.scalars(select(Artwork.title)))
    missing = [(work, title) for work, title in plan if work.title not in known]
    db.session.rollback()
    with ThreadPoolExecutor(2) as pool:
        for (work, title), content in zip(missing, pool.map(lambda item: render(item[0]), missing), strict=True):
            with travel(programme.WINTER_2006 if title == GALLERY_2006["title"] else now()):
                _hang(work, title, content)
    _derive()


def _gallery(entry: dict[str, str], campaign_title: str, event_title: str) -> None:
    if gallery(entry["title"]) is not None:
        return
    parent = programme.campaign(campaign_title)
    event = db.session.scalars(select(Event).where(Event.title.startswith(event_title))).first()
    with atomic():
        made = galleries.create_gallery(
            title=entry["title"],
            summary=entry["summary"],
            campaign_id=parent.id if parent else None,
            themes=list(THEMES),
        )
        made.event_id = event.id if event else None
        galleries.publish(made.id, published=True, actor_id=people.person("curator@kermesse.example").id)


def _hang(work: Work, gallery_title: str, content: bytes) -> None:
    curator, reviewer = people.person("curator@kermesse.example").id, people.person("reviewer@kermesse.example").id
    school, found = people.partner(SCHOOLS[work.school]).id, gallery(gallery_title)
    assert found is not None
    with atomic():
        artwork = galleries.add_artwork(
            found.id,
            content,
            f"{work.key}.png",
            title=work.title,
            artist=work.artist,
            age_band=_band(work.age),
            medium=work.medium,
            size=work.size,
            caption=work.caption,
            alt=work.alt,
            theme_slug=work.theme,
            school_id=school,
            uploaded_by=curator,
        )
        galleries.give_consent(artwork.id, list(Scope), f"A parent of {work.artist}", CONSENT_TEXT, curator)
        galleries.give_assent(artwork.id, curator)
        galleries.review(artwork.id, reviewer)


def _band(age: int) -> str:
    return "8–10" if age <= 10 else "11–13" if age <= 13 else "14–16"


def _derive() -> None:
    """Make the derivatives on two threads; the queue is the same as for any upload."""
    app: Any = current_app._get_current_object()  # type: ignore[attr-defined]

    def work() -> None:
        with app.app_context():
            while jobs.run_due():
                pass

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(work) for _ in range(2)]:
            future.result()


def count() -> int:
    """How many artworks there are."""
    return db.session.scalar(select(func.count()).select_from(Artwork)) or 0
