"""By invitation: an organiser pastes twelve addresses, a minister's office accepts for three by its link, another declines."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.core.clock import now
from app.core.transactions import atomic
from app.events import asking, pools
from app.events import services as events
from app.events.models import PoolKind, QuestionKind
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


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_a_list_with_answers_and_a_room_to_choose(
    server: Server, visitor: Callable[..., Visitor], size: dict[str, int]
) -> None:
    cast = Cast.assemble()
    number, _slug = breakfast()
    with atomic():
        pools.add_pool(number, name="By video", kind=PoolKind.ONLINE, capacity=9, largest_party=3, actor_id=None)
        asking.add_question(
            number, kind=QuestionKind.CHOICE, label="Tea or coffee?", options="Tea\nCoffee", required=True
        )
    olga = visitor(server, size=size)
    enter(olga, server, cast.organiser)

    # A list that answers the question: what cannot be taken is named by line and column.
    page = olga.go(f"/manage/events/{number}/lists/")
    page.click("details summary")
    assert "one of: Tea, Coffee" in page.inner_text("main")
    look(olga)
    page.fill(
        "textarea[name=people]",
        "Name,E-mail,Room,Tea or coffee?\nAda,ada@x.example,By video,Tea\nBo,bo@x.example,,Cocoa",
    )
    page.click(".form-foot button")
    assert "“Cocoa” is none of the options." in page.inner_text("main")
    assert "Tea or coffee?: Tea" in page.inner_text("main")
    look(olga)
    page.click("text=Apply the list")
    assert "Done: 1 new" in page.inner_text("main")

    # An invitation that leaves the room open.
    page = olga.go(f"/manage/events/{number}/invitations/new/")
    page.fill("textarea[name=people]", OFFICE)
    page.fill("input[name=seats]", "2")
    look(olga)
    page.click(".form-foot button")
    look(olga)
    page.click("text=Send 1 invitation")
    link = re.search(r"/invitations/\S+/", newest_mail(server, OFFICE)["text"])
    assert link
    office = visitor(server, size=size)
    page = office.go(link.group())
    look(office)
    page.get_by_label("By video").check()
    page.fill("input[name=name]", "Dr Minister")
    page.click("#answer button.primary")
    assert "Where: By video" in page.inner_text("main")
    look(office)
