"""Messages of organisers: who may write, what stands in them, that they go once to each, and what did not arrive."""

from __future__ import annotations

import html
import re
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.core import mail
from app.core.clock import now, travel
from app.core.database import db
from app.core.mail import Mail, MailState
from app.core.transactions import atomic
from app.events import messages, parts, placeholders, services
from app.events.models import (
    Event,
    EventMessage,
    Invitation,
    InvitationState,
    PoolKind,
    Registration,
    RegistrationStatus,
    SeatPool,
)
from tests.cast import Cast
from tests.events.helpers import mails, make_event, seat
from tests.letterbox import Letterbox

ONE_ENGINE = pytest.mark.parametrize("engine", ["sqlite"])


def typed(**changes: str) -> dict[str, str]:
    facts = {
        "part": "seated",
        "subject": "What to bring",
        "body": "Dear {name},\n\n**bread**.",
        "operation": "an-operation-1",
    }
    return facts | changes


def write(client: Any, event: Event, **changes: str) -> int:
    """A draft, through the page; returns its id."""
    answer = client.post(f"/manage/events/{event.id}/messages/new/", data=typed(**changes))
    assert answer.status_code == 303, answer.text
    return int(re.search(r"/messages/(\d+)/", answer.location).group(1))


def written() -> list[Any]:
    return mails("event_message:")


# Who may


@ONE_ENGINE
def test_a_stranger_reads_and_writes_nothing(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=2)
    seat(event, "Ann")
    number = write(client_for(cast.organiser), event)
    base = f"/manage/events/{event.id}/messages/"
    gets = ("", "new/", f"{number}/", f"{number}/text/", f"{number}/mail.html")
    posts = (
        "new/",
        "reminder",
        *(f"{number}/{what}" for what in ("text/", "delivery", "tests", "removal", "mails/1/retry")),
    )
    for who in (None, cast.parent, cast.curator, cast.helper):
        client = client_for(who)
        wanted = (302, 303) if who is None else (403,)
        assert all(client.get(base + path).status_code in wanted for path in gets)
        assert all(client.post(base + path, data=typed()).status_code in wanted for path in posts)
    assert written() == []


@ONE_ENGINE
def test_another_events_message_is_not_there(app: Flask, cast: Cast, client_for: Any) -> None:
    event, other = make_event(capacity=2), make_event(capacity=2)
    seat(event, "Ann")
    client = client_for(cast.organiser)
    number = write(client, event)
    client.post(f"/manage/events/{event.id}/messages/{number}/delivery")
    (mine,) = written()
    wrong = f"/manage/events/{other.id}/messages/{number}"
    assert [client.get(wrong + path).status_code for path in ("/", "/text/", "/mail.html")] == [404] * 3
    for path in ("delivery", "tests", "removal", "text/", f"mails/{mine.id}/retry"):
        assert client.post(f"{wrong}/{path}", data=typed()).status_code == 404
    own = write(client, other, operation="an-operation-2")
    assert client.post(f"/manage/events/{other.id}/messages/{own}/mails/{mine.id}/retry").status_code == 404


# From the draft to the mail


def test_the_way_of_a_message(app: Flask, cast: Cast, client_for: Any, letterbox: Letterbox) -> None:
    event, client = make_event(capacity=3), client_for(cast.organiser)
    seat(event, "Ann", 2, locale="fr")
    seat(event, "Bea")
    seat(event, "Carla")  # waits
    base = f"/manage/events/{event.id}/messages/"
    assert "Nothing written yet" in client.get(base).text
    assert "All who have a seat (2)" in client.get(f"{base}new/").text
    number = write(client, event, body="Dear {name},\n\n**bread** for {seats}, {when}: {link}")
    page = client.get(f"{base}{number}/").text
    assert "Reader 1 of 2" in page and "Send it to 2 addresses" in page and written() == []
    real = client.get(f"{base}{number}/mail.html")
    assert "Dear Ann" in real.text and "<strong" in real.text and 'lang="fr"' in real.text
    assert (
        "script" not in real.headers["Content-Security-Policy"] and "sandbox" in real.headers["Content-Security-Policy"]
    )
    assert "Dear Bea" in client.get(f"{base}{number}/mail.html?reader=2").text
    assert client.get(f"{base}{number}/mail.html?reader=3").status_code == 404
    assert (
        client.post(f"{base}{number}/text/", data=typed(body="Dear {name}, bring **soup**: {link}")).status_code == 303
    )
    client.post(f"{base}{number}/tests")
    (test,) = mails("event_message_test:")
    assert test.recipient == cast.organiser.email and written() == []
    for _ in range(3):  # pressed three times
        answer = client.post(f"{base}{number}/delivery", follow_redirects=True)
        assert answer.status_code == 200
    assert [one.recipient for one in written()] == ["ann@home.example", "bea@home.example"]
    assert "2 are still on their way" in client.get(f"{base}{number}/").text
    mail.send_due()
    french, english = (letterbox.to(to)[-1] for to in ("ann@home.example", "bea@home.example"))
    for letter, name in ((french, "Ann"), (english, "Bea")):
        text, made = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))
        assert f"Dear {name}, bring" in text and "**soup**" in text and ">soup</strong>" in made
        assert re.search(r'href="http://localhost/registrations/[^"]+"', made)
        assert event.title in text.rpartition("--")[2]  # why it came
    assert letterbox.to(cast.organiser.email)
    assert client.post(f"{base}{number}/text/", data=typed(body="Too late")).status_code == 303
    assert db.session.get_one(EventMessage, number).body.startswith("Dear {name}, bring")
    client.post(f"{base}{number}/removal")
    assert db.session.scalar(select(func.count()).select_from(EventMessage)) == 1
    assert "2 / 2" in client.get(base).text


@ONE_ENGINE
def test_a_draft_sent_twice_by_the_browser_is_one_draft(app: Flask, cast: Cast, client_for: Any) -> None:
    event, client = make_event(capacity=3), client_for(cast.organiser)
    assert write(client, event) == write(client, event)
    number = write(client, event, operation="an-operation-2")
    assert client.post(f"/manage/events/{event.id}/messages/{number}/removal").status_code == 303
    assert client.get(f"/manage/events/{event.id}/messages/{number}/").status_code == 404


@ONE_ENGINE
def test_who_goes_back_and_writes_on_keeps_what_they_wrote(app: Flask, cast: Cast, client_for: Any) -> None:
    event, client = make_event(capacity=3), client_for(cast.organiser)
    seat(event, "Ann")
    number = write(client, event)
    assert write(client, event, body="Bring **nothing**.") == number
    assert db.session.get_one(EventMessage, number, populate_existing=True).body == "Bring **nothing**."
    client.post(f"/manage/events/{event.id}/messages/{number}/delivery")
    assert write(client, event, body="Bring **nothing**.") == number
    other = write(client, event, body="Something more.")
    assert other != number
    assert db.session.get_one(EventMessage, number, populate_existing=True).body == "Bring **nothing**."


@ONE_ENGINE
def test_nobody_to_write_to(app: Flask, cast: Cast, client_for: Any) -> None:
    event, client = make_event(capacity=3), client_for(cast.organiser)
    number = write(client, event, part="waiting")
    base = f"/manage/events/{event.id}/messages/{number}/"
    assert "Nobody is in that part" in client.get(base).text
    assert "nobody to send it to" in client.post(f"{base}delivery", follow_redirects=True).text
    assert db.session.get_one(EventMessage, number).sent_at is None


@ONE_ENGINE
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", "For {nobody}"),
        ("body", "Dear {name.__class__},"),
        ("body", "{0}"),
        ("body", "{}"),
        ("body", "{name!r}"),
        ("body", "{name:>10}"),
        ("body", "{ name }"),
        ("body", "{Name}"),
        ("part", "everybody"),
        ("part", "pool:9999"),
        ("body", ""),
        ("subject", "x" * 201),
    ],
)
def test_what_we_do_not_know_is_refused_beside_its_field(
    app: Flask, cast: Cast, client_for: Any, field: str, value: str
) -> None:
    event = make_event(capacity=3)
    answer = client_for(cast.organiser).post(f"/manage/events/{event.id}/messages/new/", data=typed(**{field: value}))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(EventMessage)) == 0


# Parts


@ONE_ENGINE
def test_each_part_is_whom_it_says(app: Flask) -> None:
    event = make_event(capacity=4)
    with atomic():
        pool = SeatPool(event_id=event.id, kind=PoolKind.ONLINE, name="Online", position=1, capacity=5, ceiling=5)
        db.session.add(pool)
        db.session.flush()
        online = pool.id
    ann, bea = seat(event, "Ann", 2), seat(event, "Bea")
    seat(event, "Carla", 3)
    dora, eva = seat(event, "Dora", pool_id=online), seat(event, "Eva")
    with atomic():
        services.withdraw(eva.id)
        asks = services.register(event.id, name="Fay", email="fay@home.example", party=3).registration
        asks.status = RegistrationStatus.REQUESTED
        db.session.get_one(Registration, ann.id).arrived = 2
        for name, state in (
            ("gil", "written"),
            ("hal", "opened"),
            ("ida", "accepted"),
            ("jon", "declined"),
            ("kim", "taken_back"),
        ):
            facts = {"token": name, "email": f"{name}@home.example", "name": name, "state": InvitationState(state)}
            db.session.add(Invitation(event_id=event.id, created_at=now(), **facts))
    event = db.session.get_one(Event, event.id)
    found = {
        part: {one.email.partition("@")[0] for one in parts.recipients(event, part)}
        for part in (*parts.LABELS, f"pool:{bea.pool_id}", f"pool:{online}", "pool:77", "nonsense", "")
    }
    assert found == {
        "seated": {"ann", "bea", "dora"}, "waiting": {"carla"}, "offered": set(), "requested": {"fay"},
        "invited": {"gil", "hal"}, "came": {"ann"}, "absent": {"bea", "dora"}, f"pool:{bea.pool_id}": {"ann", "bea"},
        f"pool:{online}": {"dora"}, "pool:77": set(), "nonsense": set(), "": set(),
    }  # fmt: skip
    with force_locale("en"):
        offered = {part: number for part, _label, number in parts.choices_of(event)}
    assert offered == {part: len(who) for part, who in found.items() if part in offered}
    assert "came" not in offered
    with travel(event.starts_at), force_locale("en"):
        assert {"came", "absent"} <= {part for part, _label, _number in parts.choices_of(event)}
    assert dora.pool_id == online


# Words


VALUES = {name: f'<{name}&">*_[x](http://evil.example) {{name}}' for name in placeholders.NAMES}


@given(
    text=st.text(st.sampled_from(list("{}nameventlikshp _*[]()`<>#-!\n\\&qz")), max_size=120),
    values=st.fixed_dictionaries({name: st.text(max_size=20) for name in placeholders.NAMES}),
)
def test_placeholders_are_looked_up_and_never_interpreted(text: str, values: dict[str, str]) -> None:
    expected, rest = "", text
    while found := re.search("|".join(rf"\{{{name}\}}" for name in placeholders.NAMES), rest):
        expected += rest[: found.start()] + values[found.group()[1:-1]]
        rest = rest[found.end() :]
    assert placeholders.fill(text, values) == expected + rest


@ONE_ENGINE
@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("{name}", "<p>&lt;name&amp;&quot;&gt;*_[x](http://evil.example) {name}</p>"),
        ("**{name}**", "<p><strong>&lt;name"),
        ("`{name}`", "<p><code>&lt;name"),
        ("[here]({link})", '<p><a href="&lt;link'),
        ("[{link}](https://a.example/)", '<p><a href="https://a.example/" rel="noopener noreferrer">&lt;link'),
        ("<b>{name}</b>", "<p>&lt;b&gt;&lt;name"),
        ("# {event}", "&lt;event"),
    ],
)
def test_a_value_is_never_markup(app: Flask, body: str, wanted: str) -> None:
    from app.web.formats import markdown

    made = placeholders.fill_html(str(markdown(placeholders.marked(body))), VALUES)
    assert wanted in made
    assert 'href="http://evil' not in made and "<name" not in made


@ONE_ENGINE
def test_a_name_cannot_write_into_the_mail(app: Flask, cast: Cast) -> None:
    event = make_event(capacity=2, title="Talk {link} **x**")
    with atomic():
        services.register(event.id, name="[Win](http://evil.example) <img src=x>", email="ann@home.example")
        made = messages.draft(event.id, "seated", "To {name}", "Dear {name}, {event}", "op", cast.organiser.id)
    preview = messages.preview(made, parts.recipients(db.session.get_one(Event, event.id), "seated")[0])
    assert 'href="http://evil' not in preview.html and "<img" not in preview.html
    assert "[Win](http://evil.example) <img src=x>" in html.unescape(preview.html)
    assert "Talk {link} **x**" in preview.text and "**x**" in preview.html
    assert "\n" not in preview.subject


@ONE_ENGINE
def test_the_invited_read_why_and_find_their_own_page(app: Flask, cast: Cast) -> None:
    event = make_event(capacity=2)
    with atomic():
        facts = {"token": "tok", "email": "gil@home.example", "name": "Gil", "state": InvitationState.WRITTEN}
        db.session.add(Invitation(event_id=event.id, created_at=now(), locale="en", **facts))
        made = messages.draft(
            event.id, "invited", "Will you come?", "Dear {name}, {place}, {link}", "op", cast.organiser.id
        )
        messages.send(made.id, cast.organiser.id)
    (one,) = written()
    assert one.key.endswith(":i1")
    words = mail.words_of(one)
    assert "Dear Gil, Room A, http://localhost/" in words["text"]
    assert "because you were invited" in words["text"] and "because you registered" not in words["text"]


# What did not arrive


@ONE_ENGINE
def test_what_did_not_arrive_is_shown_and_may_be_tried_again(
    app: Flask, cast: Cast, client_for: Any, letterbox: Letterbox
) -> None:
    event, client = make_event(capacity=3), client_for(cast.organiser)
    seat(event, "Ann")
    mail.send_due()
    number = write(client, event)
    base = f"/manage/events/{event.id}/messages/"
    client.post(f"{base}{number}/delivery")
    letterbox.refuse = "550 5.1.1 no such user"
    mail.send_due()
    assert "1 did not arrive" in client.get(base).text
    page = client.get(f"{base}{number}/").text
    assert "Could not be delivered" in page and "no such user" in page and "ann@home.example" in page
    assert "could not be delivered" in client.get(f"/manage/events/{event.id}/registrations/").text
    letterbox.refuse = ""
    (lost,) = written()
    client.post(f"{base}{number}/mails/{lost.id}/retry")
    mail.send_due()
    assert written()[0].state is MailState.SENT
    assert "Could not be delivered" not in client.get(f"{base}{number}/").text
    assert "could not be delivered" not in client.get(f"/manage/events/{event.id}/registrations/").text
    again = client.post(f"{base}{number}/mails/{lost.id}/retry", follow_redirects=True)
    assert "on its way already" in again.text
    mail.send_due()
    assert len([letter for letter in letterbox.letters if "What to bring" in letter["Subject"]]) == 1


@ONE_ENGINE
def test_a_late_one_is_shown_as_late(app: Flask, cast: Cast, client_for: Any, letterbox: Letterbox) -> None:
    event, client = make_event(capacity=3), client_for(cast.organiser)
    seat(event, "Ann")
    mail.send_due()
    number = write(client, event)
    client.post(f"/manage/events/{event.id}/messages/{number}/delivery")
    letterbox.refuse = "450 4.2.1 later"
    mail.send_due()
    page = client.get(f"/manage/events/{event.id}/messages/{number}/").text
    assert "Late" in page and "Try again" not in page


@ONE_ENGINE
def test_a_mail_that_cannot_be_worded_does_not_stop_the_others(
    app: Flask, letterbox: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def note(text: str, **_facts: Any) -> None:
        said.append(text)

    monkeypatch.setattr(mail, "log", SimpleNamespace(exception=note, warning=note))
    with atomic():
        mail.queue_letters("event_message", [("x", "ann@home.example", "en", {})])
    seat(make_event(capacity=3), "Bea")
    mail.send_due()
    assert letterbox.to("bea@home.example")
    db.session.expire_all()
    assert db.session.scalars(select(Mail.state).where(Mail.key == "x")).one() is MailState.QUEUED
    assert said == ["mail not worded", "mail not sent"]


@ONE_ENGINE
def test_the_list_of_who_comes_asks_once(app: Flask, cast: Cast, client_for: Any) -> None:
    from app.events.deliveries import undelivered

    assert undelivered([]) == {}
    event = make_event(capacity=3)
    seat(event, "Ann")
    assert undelivered(["ann@home.example", "nobody@home.example"]) == {}
