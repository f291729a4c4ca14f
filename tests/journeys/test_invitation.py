"""By invitation: an organiser pastes twelve addresses, a minister's office accepts for three by its link, another declines."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.core.clock import now
from app.core.transactions import atomic
from app.events import services as events
from tests.cast import Cast
from tests.journeys.browser import LAPTOP, PHONE, Visitor
from tests.journeys.scenes import newest_mail
from tests.journeys.test_war import enter
from tests.serving import Server

TITLE = "Round-table breakfast"
OFFICE, OTHER = "office1@state.example", "office2@state.example"


def breakfast() -> tuple[int, str]:
    """A published breakfast by invitation; returns its id and slug."""
    start = now() + timedelta(days=12)
    with atomic():
        event = events.create_event(
            title=TITLE, kind="breakfast", starts_at=start, ends_at=start + timedelta(hours=2), place="Room 7",
            audience="invited", capacity=40,
        )  # fmt: skip
        number, slug = event.id, event.slug
    with atomic():
        events.set_status(number, "published")
    return number, slug


def look(somebody: Visitor) -> None:
    """The open page is right for axe, and not wider than the screen."""
    assert somebody.axe() == []
    assert not somebody.overflows()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_breakfast_by_invitation(server: Server, visitor: Callable[..., Visitor], scripts: bool) -> None:
    cast = Cast.assemble()
    number, slug = breakfast()
    olga = visitor(server, size=LAPTOP, java_script_enabled=scripts)
    enter(olga, server, cast.organiser)

    # Pasted, looked over, sent.
    page = olga.go(f"/manage/events/{number}/invitations/")
    page.click("a.button.primary")
    lines = [f"Minister {place} <office{place}@state.example>" for place in range(1, 13)]
    page.fill("textarea[name=people]", "\n".join([*lines, "not an address"]))
    page.fill("input[name=seats]", "3")
    page.fill("input[name=answer_by]", (now() + timedelta(days=8)).strftime("%Y-%m-%dT12:00"))
    page.check("input[name=keep_seats]")
    page.fill("textarea[name=message]", "We count on you.")
    if scripts:
        look(olga)
    page.click("main form[enctype] button[type=submit]")
    text = page.inner_text("main")
    assert "Send 12 invitations" in text
    assert "“not an address” is no e-mail address." in text
    assert "36 seats would be kept" in text
    assert "We count on you." in text
    if scripts:
        look(olga)
    page.click("form[action$=confirmation] button")
    page.wait_for_url("**/invitations/")
    assert "12 invitations are on their way." in page.inner_text("main")

    # The office opens the personal link on a phone, without an account, and accepts for three.
    mail = newest_mail(server, OFFICE, TITLE)
    found = re.search(r"/invitations/\S+/", mail["text"])
    assert found is not None
    office = visitor(server, size=PHONE, java_script_enabled=scripts)
    seen = office.go(found.group())
    assert "3 seats are kept for you until then." in seen.inner_text("main")
    if scripts:
        look(office)
    assert "Opened 0" in olga.go(f"/manage/events/{number}/invitations/").inner_text("main")
    if scripts:
        with seen.expect_response(
            "**/opening"
        ) as told:  # a finger on the page is a sign, its address being read is none
            seen.mouse.wheel(0, 400)
        assert told.value.status == 204
        assert "Opened 1" in olga.go(f"/manage/events/{number}/invitations/").inner_text("main")
    seen.fill("input[name=name]", "Minister One")
    seen.fill("input[name=party]", "3")
    seen.fill("textarea[name=guests]", "Fatou Adviser\nPape Interpreter")
    seen.fill("textarea[name=needs]", "An interpreter's chair")
    seen.click("form[action$=acceptance] button")
    seen.wait_for_selector("text=You have accepted")
    assert "Pape Interpreter" in seen.inner_text("main")
    if scripts:
        look(office)
    confirmation = newest_mail(server, OFFICE, "You have a seat")
    assert "3 people" in confirmation["text"]

    # Another declines with a word.
    link = re.search(r"/invitations/\S+/", newest_mail(server, OTHER, TITLE)["text"])
    assert link is not None
    other = visitor(server, size=PHONE, java_script_enabled=scripts)
    page = other.go(link.group())
    page.click("summary:has-text('Decline')")
    page.fill("textarea[name=reason]", "In New York that week")
    page.click("form[action$=refusal] button")
    page.wait_for_selector("text=You have declined")
    if scripts:
        look(other)

    # The organiser sees it all; a stranger sees nothing.
    page = olga.go(f"/manage/events/{number}/invitations/")
    text = page.inner_text("main")
    for words in (
        "Accepted 1",
        "Declined 1",
        "Fatou Adviser",
        "In New York that week",
        "Remind the 10 who have not answered",
    ):
        assert words in text
    if scripts:
        look(olga)
        for path in ("lists/", "addresses/"):
            olga.go(f"/manage/events/{number}/{path}")
            look(olga)
    stranger = visitor(server, java_script_enabled=scripts)
    assert TITLE not in stranger.go("/events/").inner_text("main")
    answer = stranger.page.request.get(f"/events/{slug}/")
    assert answer.status == 404
