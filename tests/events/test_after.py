"""After an event: who came, thanks, anonymous feedback, certificates, minutes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.core.clock import now, travel
from app.core.database import db
from app.core.mail import Suppressed
from app.core.transactions import atomic
from app.events import attendance, certificates, feedback, remains, services, ticket_views
from app.events.models import Event, Feedback, Registration
from tests.cast import Cast
from tests.events.helpers import mails, make_event, seat
from tests.steady import steady

NAMES = ("Anna", "Bela", "Carl", "Dora", "Emil", "Fred")


@contextmanager
def afterwards(event: Event, hours: float = 2) -> Iterator[None]:
    """So long after the end."""
    with travel(event.ends_at + timedelta(hours=hours)):
        yield


@pytest.fixture
def talk(cast: Cast) -> tuple[Event, dict[str, Any]]:
    """A talk for which six are registered, Carl with two more."""
    event = make_event(capacity=20, days=1)
    seats = {name: seat(event, name, 3 if name == "Carl" else 1) for name in NAMES}
    return event, seats


def hold(event: Event, **decisions: Any) -> None:
    """Say that it was held."""
    with atomic():
        services.set_status(event.id, "held")
        remains.decide_after(event.id, actor_id=None, **decisions)


def came(event: Event, *seats: Any) -> None:
    """Count these in, whole."""
    with atomic():
        attendance.note_attendance(event.id, {row.id: row.party for row in seats}, actor_id=None)


def answer(row: Any, rating: int = 5, **words: str) -> None:
    """Give feedback by the service."""
    with atomic():
        feedback.give_feedback(row.id, rating, **words)


# Attendance


def test_managing_the_time_after_is_for_organisers(app: Flask, talk: Any, cast: Cast, client_for: Any) -> None:
    event, _seats = talk
    for part in ("after/", "attendance/", "feedback/", "composition/", "composition.csv"):
        path = f"/manage/events/{event.id}/{part}"
        assert client_for().get(path).status_code == 303, path
        assert client_for(cast.staff).get(path).status_code == 403, path
        assert client_for(cast.organiser).get(path).status_code == 200, path
    assert client_for(cast.helper).post(f"/manage/events/{event.id}/attendance/everybody").status_code == 403
    assert client_for(cast.organiser).get("/manage/events/999/after/").status_code == 404


def test_an_organiser_says_who_came(app: Flask, talk: Any, cast: Cast, client_for: Any) -> None:
    event, seats = talk
    organiser, path = client_for(cast.organiser), f"/manage/events/{event.id}/attendance/"
    assert "It has not begun" in organiser.get(path).text
    organiser.post(path, data={"row": seats["Anna"].id, f"came_{seats['Anna'].id}": "1"})
    assert attendance.attendance(event.id).came == 0
    with _begun(event):
        assert organiser.post(f"{path}everybody").status_code == 303
        assert attendance.attendance(event.id) == attendance.Attendance(8, 8)
        rows = {"row": [seats["Anna"].id, seats["Carl"].id]}
        sent = rows | {f"came_{seats['Anna'].id}": "0", f"came_{seats['Carl'].id}": "2"}
        assert organiser.post(path, data=sent).status_code == 303
        found = attendance.attendance(event.id)
        assert (found.registered, found.came, found.stayed_away) == (8, 6, 2)
        refused = organiser.post(path, data=sent | {f"came_{seats['Carl'].id}": "4"})
        assert refused.status_code == 422 and 'value="4"' in refused.text
        assert attendance.attendance(event.id).came == 6
        assert "Carl" in organiser.get(f"{path}?q=carl").text and "Anna" not in organiser.get(f"{path}?q=carl").text


@contextmanager
def _begun(event: Event) -> Iterator[None]:
    """The event began an hour ago: for requests, whose clock does not travel."""
    with atomic():
        row = db.session.get_one(Event, event.id)
        row.starts_at, row.ends_at = now() - timedelta(hours=3), now() - timedelta(hours=1)
    yield


@pytest.mark.parametrize("engine", ["sqlite"])
def test_another_events_party_is_not_there(app: Flask, talk: Any, cast: Cast, client_for: Any) -> None:
    event, _seats = talk
    other = make_event(title="Another", capacity=5, days=-1, hours=1)
    with travel(other.starts_at - timedelta(hours=1)):
        theirs = seat(other, "Zora")
    with _begun(event):
        sent = {"row": theirs.id, f"came_{theirs.id}": "1"}
        assert client_for(cast.organiser).post(f"/manage/events/{event.id}/attendance/", data=sent).status_code == 404
    with atomic():
        assert attendance.note_attendance(event.id, {theirs.id: 1}, actor_id=None) == 0
    with atomic(), pytest.raises(LookupError):
        attendance.note_attendance(999, {}, actor_id=None)


# Thanks


def test_whoever_came_is_thanked_once(app: Flask, talk: Any) -> None:
    event, seats = talk
    with afterwards(event):
        feedback.thank()
        assert mails("event_thanks") == [], "it is not said yet that it was held"
        hold(event)
        came(event, seats["Anna"], seats["Carl"])
        for _often in range(3):
            feedback.thank()
        assert sorted(mail.recipient for mail in mails("event_thanks")) == ["anna@home.example", "carl@home.example"]
        came(event, seats["Dora"])  # corrected later: she is thanked, too
        feedback.thank()
        assert len(mails("event_thanks")) == 3
    letter = mails("event_thanks", "anna@")[0]
    assert f"/registrations/{seats['Anna'].token}/feedback/" in letter.text
    assert "Nobody can tell which answer is yours" in letter.html


def test_without_a_door_all_who_had_seats_are_thanked(app: Flask, talk: Any) -> None:
    event, seats = talk
    with atomic():
        services.withdraw(seats["Emil"].id)
        db.session.add(Suppressed(address="fred@home.example", reason="asked", at=now()))
    with afterwards(event):
        hold(event)
        feedback.thank()
    told = sorted(mail.recipient.split("@")[0] for mail in mails("event_thanks"))
    assert told == ["anna", "bela", "carl", "dora"]


def test_nobody_is_thanked_early_late_or_where_nothing_is_asked(app: Flask, talk: Any) -> None:
    event, _seats = talk
    with afterwards(event, 0.5):
        hold(event, feedback_asked=False)
        feedback.thank()
    with afterwards(event):
        feedback.thank()
        with atomic():
            remains.decide_after(event.id, actor_id=None, feedback_asked=True)
    with afterwards(event, 0.5):
        feedback.thank()
    with afterwards(event, 24 * 15):
        feedback.thank()
    assert mails("event_thanks") == []


# Feedback


def test_an_answer_has_no_name_and_is_given_once(app: Flask, talk: Any, client_for: Any) -> None:
    event, seats = talk
    path = f"/registrations/{seats['Anna'].token}/feedback/"
    assert "Nothing is asked of you now" in client_for().get(path).text
    client_for().post(path, data={"rating": "5"})
    assert list(db.session.scalars(select(Feedback))) == []
    assert client_for().get("/registrations/guessed/feedback/").status_code == 404
    with _begun(event):
        assert "Say how it was" in client_for().get(f"/registrations/{seats['Anna'].token}/").text
        shown = client_for().get(path)
        assert shown.headers["Cache-Control"] == "no-store"
        assert "How do you describe yourself" not in shown.text
        refused = client_for().post(path, data={"rating": "6", "liked": "The songs."})
        assert refused.status_code == 422 and "The songs." in refused.text
        for _twice in range(2):
            assert client_for().post(path, data={"rating": "4", "liked": "The songs."}).status_code == 303
    row = db.session.scalars(select(Feedback)).one()
    assert (row.rating, row.liked, row.event_id) == (4, "The songs.", event.id)
    assert set(Feedback.__table__.columns.keys()) == {"id", "event_id", "rating", "liked", "improve"}
    db.session.expire_all()
    assert db.session.get_one(Registration, seats["Anna"].id).feedback_given


def test_who_stayed_away_is_not_asked(app: Flask, talk: Any) -> None:
    event, seats = talk
    with afterwards(event):
        hold(event)
        came(event, seats["Anna"])
        with atomic(), pytest.raises(feedback.FeedbackRefused):
            feedback.give_feedback(seats["Bela"].id, 3)
        answer(seats["Anna"])
    with afterwards(event, 24 * 61):
        came(event, seats["Dora"])
        with atomic(), pytest.raises(feedback.FeedbackRefused):
            feedback.give_feedback(seats["Dora"].id, 3)


def test_neither_numbers_nor_places_tell_which_answer_came_last(app: Flask, talk: Any, engine: str) -> None:
    """After two answers, in the order of their numbers and in that of the file, either order is as likely: over many
    tries both are seen. With numbers that count up there would be one."""
    event, seats = talk
    where = "ctid" if engine == "postgresql" else "id"
    by_number, by_place = set(), set()
    with afterwards(event):
        hold(event)
        for _try in range(24):
            with atomic():
                db.session.execute(text("DELETE FROM event_feedback"))
                db.session.execute(text("UPDATE registration SET feedback_given = false"))
            for stars, name in enumerate(("Anna", "Bela"), 1):
                answer(seats[name], stars)
            with atomic():
                for order, found in (("id", by_number), (where, by_place)):
                    rows = db.session.execute(text(f"SELECT rating FROM event_feedback ORDER BY {order}"))
                    found.add(tuple(row.rating for row in rows))
    assert by_number == by_place == {(1, 2), (2, 1)}


@pytest.mark.parametrize("engine", ["postgresql"])
def test_postgresql_notes_nothing_that_ties_an_answer_to_a_registration(app: Flask, talk: Any) -> None:
    """Each row carries the transaction that wrote it. All answers carry the last one's, so it singles out none."""
    event, seats = talk
    with afterwards(event):
        hold(event)
        for name in ("Anna", "Bela", "Carl", "Dora"):
            answer(seats[name])
    with atomic():
        written = set(db.session.scalars(text("SELECT xmin::text FROM event_feedback")))
    assert len(written) == 1


def test_results_show_from_the_minimum_on(app: Flask, talk: Any, cast: Cast, client_for: Any) -> None:
    event, seats = talk
    organiser, path = client_for(cast.organiser), f"/manage/events/{event.id}/feedback/"
    assert "It is too early" in organiser.get(path).text
    with afterwards(event):
        hold(event, feedback_public=True)
        for name, rating in zip(NAMES[:4], (5, 4, 4, 2), strict=True):
            answer(seats[name], rating, liked=f"Said by number {rating}.")
    with _begun(event):
        for client, where in ((organiser, path), (client_for(), f"/events/{event.slug}/")):
            assert "Said by" not in client.get(where).text and "people answered" not in client.get(where).text
        assert "Not enough answers yet" in organiser.get(path).text
        answer(seats["Emil"], 3, improve="More chairs.")
        page, public = organiser.get(path).text, client_for().get(f"/events/{event.slug}/").text
        assert "Said by number 2." in page and "More chairs." in page and "3.6" in steady(page)
        assert "3.6" in steady(public) and "5 people answered" in public
        assert "Said by" not in public and "More chairs" not in public
        with atomic():
            remains.decide_after(event.id, actor_id=None, feedback_public=False)
        assert "3.6" not in steady(client_for().get(f"/events/{event.slug}/").text)


def test_words_stand_in_another_order_each_time(app: Flask, talk: Any) -> None:
    event, seats = talk
    with afterwards(event):
        hold(event)
        for name in NAMES:
            answer(seats[name], liked=f"Good {name}", improve=f"Better {name}")
        seen = {tuple(found.liked) for _try in range(20) if (found := feedback.results_of(event))}
        assert len(seen) > 1 and all(sorted(words) == sorted(f"Good {name}" for name in NAMES) for words in seen)


def test_a_party_that_had_only_some_of_its_seats_came_too(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=4, days=1)
    seat(event, "Anna", 2)
    part = seat(event, "Bela", 3, in_part=True)
    assert (part.status, part.seated) == ("waiting", 2)
    own = f"/registrations/{part.token}/"
    with _begun(event):
        page = client_for(cast.organiser).get(f"/manage/events/{event.id}/attendance/").text
        assert "bela@home.example" in page
        with atomic():
            assert attendance.note_attendance(event.id, {part.id: 2}, actor_id=None) == 1
        assert attendance.attendance(event.id) == attendance.Attendance(4, 2)
        hold(event, certificates=True, minutes="We met.")
        feedback.thank()
        assert [mail.recipient for mail in mails("event_thanks:")] == ["bela@home.example"]
        answer(part)
        page = client_for().get(own).text
        assert "certificate.pdf" in page and "We met." in page


# Certificates and minutes


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_certificate_is_for_whoever_came(app: Flask, talk: Any, client_for: Any) -> None:
    event, seats = talk
    paths = {name: f"/registrations/{seats[name].token}/certificate.pdf" for name in ("Anna", "Bela")}
    with _begun(event):
        came(event, seats["Anna"])
        assert client_for().get(paths["Anna"]).status_code == 404
        hold(event, certificates=True)
        found = client_for().get(paths["Anna"])
        assert (found.status_code, found.mimetype) == (200, "application/pdf")
        assert found.data.startswith(b"%PDF-") and b"pdfuaid:part" in found.data
        assert found.headers["Cache-Control"] == "no-store"
        assert client_for().get(paths["Bela"]).status_code == 404
        assert "certificate.pdf" in client_for().get(f"/registrations/{seats['Anna'].token}/").text
        assert "certificate.pdf" not in client_for().get(f"/registrations/{seats['Bela'].token}/").text
    assert client_for().get("/registrations/guessed/certificate.pdf").status_code == 404


def test_paper_names_the_year(app: Flask, talk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in the year itself: a certificate is read for longer than that."""
    event, seats = talk
    monkeypatch.setattr("app.events.certificates.pdf", lambda _template, facts: json.dumps(facts).encode())
    with _begun(event), app.test_request_context():
        year = str(event.starts_at.astimezone(ZoneInfo(event.timezone)).year)
        facts = json.loads(certificates.certificate(seats["Anna"]))
        assert year in facts["when"] and year in facts["words"]["issued"]
        assert year in ticket_views.facts(seats["Anna"])["when"]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_minutes_are_for_the_registered_or_for_all(app: Flask, talk: Any, cast: Cast, client_for: Any) -> None:
    event, seats = talk
    page, own = f"/events/{event.slug}/", f"/registrations/{seats['Anna'].token}/"
    decisions = {"minutes": "We **met**. <script>x</script>", "feedback_asked": "y", "minimum_cell": "5"}
    sent = client_for(cast.organiser).post(f"/manage/events/{event.id}/after/", data=decisions)
    assert sent.status_code == 303
    assert "<strong>met</strong>" not in client_for().get(own).text, "it has not begun"
    with _begun(event):
        assert "<strong>met</strong>" in client_for().get(own).text
        assert "<script>x" not in client_for().get(own).text
        assert "<strong>met</strong>" not in client_for().get(page).text
        client_for(cast.organiser).post(f"/manage/events/{event.id}/after/", data=decisions | {"minutes_public": "y"})
        assert "<strong>met</strong>" in client_for().get(page).text
