"""A family waits and is seated whole; staff register and get the invitation; without scripts; in French."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable

from icalendar import Calendar
from sqlalchemy import select

from app.core.database import db
from app.core.mail import Mail
from app.core.transactions import atomic
from app.events import asking, services
from app.events.models import Event, QuestionKind, Registration
from tests.journeys.browser import LAPTOP, Visitor
from tests.journeys.scenes import newest_mail, sign_in, talk
from tests.serving import Server

FAMILY, COUPLE = "family@home.example", "couple@home.example"


def register(server: Server, visitor: Visitor, slug: str, email: str, **typed: str) -> None:
    """Fill the form, prove the address, confirm."""
    page = visitor.go(f"/events/{slug}/")
    for name, text in {"email": email, **typed}.items():
        page.fill(f".event-register [name={name}]", text)
    page.click("form[action$=registrations] button[type=submit]")
    sign_in(server, page, email)
    page.click("form[action$=registrations] button[type=submit]")
    page.wait_for_url("**/registrations/**")


def leave(email: str) -> None:
    """Somebody gives their seat back."""
    db.session.rollback()
    found = db.session.scalars(select(Registration.id).where(Registration.email == email)).one()
    with atomic():
        services.withdraw(found)


def event_id(slug: str) -> int:
    db.session.rollback()
    return db.session.scalars(select(Event.id).where(Event.slug == slug)).one()


def test_a_family_of_four_waits_and_is_seated_whole(server: Server, visitor: Callable[..., Visitor]) -> None:
    slug = talk(capacity=4)
    number = event_id(slug)  # it ends the transaction: within `atomic` the rest would not be one
    for name in ("Ann", "Bea", "Cid", "Dan"):
        with atomic():
            services.register(number, name=name, email=f"{name.lower()}@home.example")
    family, couple = visitor(server), visitor(server, size=LAPTOP)
    register(server, family, slug, FAMILY, name="The Lunds", party="4", diet="No nuts")
    assert "Place 1 in the queue" in family.page.inner_text("main")
    assert family.axe() == []
    register(server, couple, slug, COUPLE, name="The Haddads", party="2")
    assert "Place 2 in the queue" in couple.page.inner_text("main")

    # Anybody in the queue checks the order; nobody is named.
    couple.page.click("text=Look at the whole queue")
    text = couple.page.inner_text("main")
    assert "Lund" not in text
    assert couple.page.locator("tbody tr").count() == 2
    assert couple.axe() == []
    assert not couple.overflows()

    # One seat, then another: too few for the family, which keeps its place, and enough for the couple behind it.
    leave("ann@home.example")
    own = family.page.url
    assert "Place 1 in the queue" in family.go(own).inner_text("main")
    leave("bea@home.example")
    newest_mail(server, COUPLE, "A seat became free")
    assert "Place 1 in the queue" in family.go(own).inner_text("main")
    leave("cid@home.example")
    leave("dan@home.example")
    assert "Place 1 in the queue" in family.go(own).inner_text("main")
    leave(COUPLE)
    newest_mail(server, FAMILY, "A seat became free")
    text = family.go(own).inner_text("main")
    assert "You have a seat" in text
    assert "4 people" in text

    # One of them stays at home: they say so themselves, and the seat is free again.
    family.page.click("text=Change it")
    assert family.page.input_value("[name=diet]") == "No nuts"
    family.page.fill("[name=party]", "3")
    family.page.click("main form button[type=submit]")
    family.page.wait_for_selector("text=3 people")
    assert "1 seat is free" in couple.go(f"/events/{slug}/").inner_text("main")


def test_staff_register_and_get_the_invitation(server: Server, visitor: Callable[..., Visitor]) -> None:
    slug = talk(capacity=9)
    sami = visitor(server)
    register(server, sami, slug, "sami.new@agency.example", name="Sami Staff")
    assert "You have a seat" in sami.page.inner_text("main")
    newest_mail(server, "sami.new@agency.example", "You have a seat")
    db.session.rollback()
    mail = db.session.scalars(select(Mail).where(Mail.key.startswith("event_confirmed"))).one()
    (file,) = json.loads(mail.files)
    assert file["type"] == "text/calendar; method=REQUEST"
    entry = Calendar.from_ical(file["content"]).walk("VEVENT")[0]
    assert "sami.new@agency.example" in str(entry["ATTENDEE"])
    link = re.search(r"/registrations/[^/\s]+/", mail.text)
    assert link is not None
    assert link.group() in str(entry["URL"])
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in sami.context.cookies())
    request = urllib.request.Request(f"{server.url}{link.group()}event.ics", headers={"Cookie": cookies})
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert "A suitcase for two" in answer.read().decode()


def with_questions(slug: str) -> tuple[str, str]:
    """Ask two questions, the second after a yes to the first; returns the names of their fields."""
    number = event_id(slug)
    with atomic():
        first = asking.add_question(number, kind=QuestionKind.YES_NO, label="Do children come?", required=True)
        second = asking.add_question(
            number, kind=QuestionKind.TEXT, label="Their names?", required=True, condition_id=first.id,
            condition_value="yes",
        )  # fmt: skip
        return f"q{first.id}", f"q{second.id}"


def test_a_question_appears_after_the_answer_that_asks_it(server: Server, visitor: Callable[..., Visitor]) -> None:
    slug = talk(capacity=9)
    first, second = with_questions(slug)
    page = visitor(server).go(f"/events/{slug}/")
    assert not page.is_visible(f"[name={second}]")
    page.check(f"[name={first}][value=yes]")
    assert page.is_visible(f"[name={second}]")
    page.check(f"[name={first}][value=no]")
    assert not page.is_visible(f"[name={second}]")


def test_without_scripts_and_in_french(server: Server, visitor: Callable[..., Visitor]) -> None:
    slug = talk(capacity=1)
    first, second = with_questions(slug)
    guest = visitor(server, java_script_enabled=False)
    guest.go(f"/language/fr?next=/events/{slug}/")
    page = guest.page
    assert page.get_attribute("html", "lang") == "fr"
    assert page.is_visible(f"[name={second}]")  # with a word about when it is asked
    page.fill(".event-register [name=name]", "Zoé")
    page.fill(".event-register [name=email]", "zoe@home.example")
    page.check(f"[name={first}][value=yes]")
    page.click("form[action$=registrations] button[type=submit]")
    assert page.locator(f"#{second}-error").count() == 1
    guest.faults.clear()  # the browser notes the 422
    page.fill(f"[name={second}]", "Mia")
    page.click("form[action$=registrations] button[type=submit]")
    sign_in(server, page, "zoe@home.example")
    assert page.input_value(f"[name={second}]") == "Mia"
    page.click("form[action$=registrations] button[type=submit]")
    page.wait_for_url("**/registrations/**")
    assert "Mia" in page.inner_text("main")
    assert not guest.overflows()
    page.click("details:has(form[action$=withdrawal]) > summary")
    page.click("form[action$=withdrawal] button[type=submit]")
    page.wait_for_url("**/registrations/**")
