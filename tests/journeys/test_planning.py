"""An organiser drafts an evening with a programme, looks at it, publishes it and makes a series of it; a visitor finds it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from app.core.clock import now
from tests.cast import Cast
from tests.journeys.browser import LAPTOP, PHONE, Visitor
from tests.journeys.scenes import sign_in
from tests.serving import Server


def test_from_a_draft_to_a_series_that_is_found(server: Server, visitor: Callable[..., Visitor]) -> None:
    """Scripts are off for both."""
    organiser = Cast.assemble().organiser
    day = (now() + timedelta(days=20)).date()
    olga = visitor(server, size=LAPTOP, java_script_enabled=False)
    page = olga.go("/manage/events/new/")
    sign_in(server, page, organiser.email)
    page.fill("input[name=title]", "Night buses")
    page.fill("textarea[name=summary]", "Who is awake when the town is not.")
    page.fill("input[name=starts_at]", f"{day}T18:30")
    page.fill("input[name=ends_at]", f"{day}T20:00")
    page.fill("input[name=place]", "Depot, line 9")
    page.fill("input[name=capacity]", "40")
    page.click("text=Keep the draft")
    page.click("nav.chips >> text=Programme")
    page.click("text=Add a speaker")
    page.fill("input[name=name]", "Amina Dahl")
    page.fill("input[name=affiliation]", "Drives line 9")
    page.click("text=Keep")
    page.click("text=Add a session")
    page.fill("input[name=title]", "The last stop")
    page.fill("input[name=ends_at]", f"{day}T19:15")
    page.check("text=Amina Dahl")
    page.click("main form button[type=submit]")
    assert "19:15" in page.inner_text("main table")
    page.click("text=Look at its page")
    assert "A preview" in page.inner_text("main")
    assert "The last stop" in page.inner_text("main")
    page.click("text=Back to your work")
    page.click("button:has-text('Publish')")

    sami = visitor(server, size=PHONE, java_script_enabled=False)
    found = sami.go("/events/")
    found.fill("input[name=q]", "dahl")
    found.click("form[role=search] >> text=Find")
    found.click(".programme-row a")
    assert "The last stop" in found.inner_text("main")
    assert "40 seats are free" in found.inner_text("main")
    assert not sami.overflows()

    page.click("text=Copy or repeat")
    page.fill("input[name=starts_at]", f"{day + timedelta(days=28)}T18:30")
    page.fill("input[name=times]", "3")
    page.click("text=Draft them")
    assert "3 drafts are in the series." in page.inner_text("main")
    found = sami.go("/events/")
    assert found.inner_text("main").count("Night buses") == 1  # its drafts are for nobody
    page.click("main ul.list li:nth-child(2) a")
    page.click("nav.chips >> text=Programme")
    assert "The last stop" in page.inner_text("main table")
    page.click("nav.chips >> text=Event")
    page.click("button:has-text('Publish')")
    found = sami.go("/events/")
    assert found.inner_text("main").count("Night buses") == 2
    found.click(".programme-row a")
    found.click("dl.facts >> text=Night buses")
    assert "Subscribe to this series" in found.inner_text("main")
