"""Recommendations followed to done, with scripts off: recorded by an organiser, told of by their owner on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import outcome_notices, services
from app.events.models import Event
from tests.cast import Cast
from tests.journeys.browser import LAPTOP, Visitor
from tests.journeys.scenes import newest_mail, sign_in
from tests.serving import Server

OWNER = "ola@ngo.example"
RECOMMENDED = (
    ("Publish what is counted by sex.", "Governments", "", ""),
    ("Print the guide to health on the road.", "Agencies", "Ola Berg", OWNER),
    ("Let schools have the stories.", "Partners", "", ""),
)


def expert_meeting() -> Event:
    """One that was held yesterday."""
    with atomic():
        event = services.create_event(
            title="Bridging the gaps", kind="expert_meeting", starts_at=now() - timedelta(days=1),
            ends_at=now() - timedelta(hours=20), place="New York",
        )  # fmt: skip
    for status in ("published", "held"):
        with atomic():
            services.set_status(event.id, status)
    return event


def test_recommendations_are_followed_to_done(server: Server, visitor: Callable[..., Visitor]) -> None:
    cast, event = Cast.assemble(), expert_meeting()
    organiser = visitor(server, size=LAPTOP, java_script_enabled=False, reduced_motion="reduce")
    page = organiser.go(f"/manage/events/{event.id}/outcomes/")
    sign_in(server, page, cast.organiser.email)
    due_on = (now() + timedelta(days=4)).date().isoformat()
    for text, addressee, owner, address in RECOMMENDED:
        page.fill("textarea[name=text]", text)
        values = {"addressee": addressee, "owner": owner, "owner_email": address, "due_on": due_on}
        for name, value in values.items():
            page.fill(f"input[name={name}]", value)
        page.click("form:has(textarea[name=text]) button[type=submit]")
    assert page.locator("tbody tr").count() == 3
    page.click("text=Show them")
    page.check("input[name=outcomes_public]")
    page.click("form:has(input[name=outcomes_public]) button[type=submit]")

    outcome_notices.remind()  # the worker does so every hour
    link = _link(newest_mail(server, OWNER, "Due soon"))
    ola = visitor(server, java_script_enabled=False, reduced_motion="reduce")
    told = ola.go(link)
    assert not ola.overflows()
    assert "Print the guide" in told.inner_text("main")
    for state, words in (("in_progress", "Eleven pages are agreed."), ("done", "Printed in four languages.")):
        told.check(f"input[name=status][value={state}]")
        told.fill("textarea[name=text]", words)
        told.click("form[action$=notes] button[type=submit]")
        assert words in told.inner_text("main")

    reader = visitor(server, java_script_enabled=False, reduced_motion="reduce")
    public = reader.go(f"/events/{event.slug}/outcomes/")
    assert "1 of 3 are done" in public.inner_text("main")
    assert "Printed in four languages" not in public.inner_text("main")
    page = organiser.go("/manage/outcomes/?status=done")
    page.click("text=Print the guide")
    page.click("li:has-text('Printed in four languages') button[type=submit]")
    reader.go(f"/events/{event.slug}/outcomes/")
    assert "Printed in four languages." in public.inner_text("main")
    assert "Eleven pages" not in public.inner_text("main") and OWNER not in public.content()
    db.session.rollback()


def test_the_pages_are_for_everybody(server: Server, visitor: Callable[..., Visitor]) -> None:
    """The owner's, the speaker's and the feedback page at a phone's width, with scripts."""
    from tests.web.after_world import build_after

    made: dict[str, Any] = build_after(Cast.assemble())
    somebody = visitor(server)
    for path in (
        f"/outcomes/{made['outcome']}/", f"/speakers/{made['speaker']}/", f"/registrations/{made['came']}/feedback/",
        f"/registrations/{made['asked']}/declaration/", f"/registrations/{made['asked']}/", f"/registrations/{made['came']}/",
    ):  # fmt: skip
        somebody.go(path)
        assert (path, somebody.axe()) == (path, [])
        assert not somebody.overflows(), path


def _link(mail: dict[str, str]) -> str:
    found = re.search(r"/outcomes/\S+/", mail["text"])
    assert found is not None
    return found.group()
