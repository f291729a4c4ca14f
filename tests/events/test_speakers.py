"""Letters to speakers: their link when an organiser sends it, and what changes, with the entry for their calendar."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.clock import now, travel
from app.core.database import db
from app.core.mail import Mail, MailState, Suppressed, send_due
from app.core.transactions import atomic
from app.events import programme, remains, services, speaker_notices
from app.events.models import Event, Speaker
from tests.cast import Cast
from tests.events.helpers import attached, mails, make_event, seat

ONE_ENGINE = pytest.mark.parametrize("engine", ["sqlite"])
AMINA, BO = "amina@uni.example", "bo@uni.example"


def speak(event: Event, name: str, email: str = "", **values: Any) -> Speaker:
    with atomic():
        return programme.save_speaker(event.id, actor_id=None, name=name, email=email, **values)


def edit(event: Event, **values: Any) -> None:
    with atomic():
        services.update_event(event.id, actor_id=None, capacity=9, largest_party=5, partner_ids=[], **values)


def take(event: Event, status: str, message: str = "") -> None:
    with atomic():
        services.set_status(event.id, status, message=message)


def letter_of(speaker: Speaker) -> str:
    return f"/manage/events/{speaker.event_id}/speakers/{speaker.id}/letter"


@ONE_ENGINE
def test_a_stranger_sends_nothing(app: Flask, cast: Cast, client_for: Any) -> None:
    event, other = make_event(), make_event()
    amina = speak(event, "Amina", AMINA)
    for path in (letter_of(amina), f"/manage/events/{event.id}/speakers/letters"):
        assert client_for().post(path).status_code == 303
        for somebody in (cast.stranger, cast.helper, cast.curator):
            assert client_for(somebody).post(path).status_code == 403
    elsewhere = f"/manage/events/{other.id}/speakers/{amina.id}/letter"
    assert client_for(cast.organiser).post(elsewhere).status_code == 404
    assert mails("speaker_") == []


def test_a_link_goes_out_when_the_button_is_pressed_and_only_then(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9, title="Voices", online_url="https://meet.example/x")
    amina, silent = speak(event, "Amina", AMINA), speak(event, "Cy")
    with atomic():
        facts = {"title": "Opening", "starts_at": event.starts_at, "ends_at": event.ends_at, "place": "Hall"}
        programme.save_session(event.id, speaker_ids=[amina.id], actor_id=None, **facts)
    assert mails("speaker_") == []
    organiser, page = client_for(cast.organiser), f"/manage/events/{event.id}/programme/"
    assert "Their link was not sent to them yet." in organiser.get(page).text
    for _twice in range(2):
        assert organiser.post(letter_of(amina)).status_code == 303
    assert organiser.post(letter_of(silent)).status_code == 303
    (mail,) = mails("speaker_page:")
    assert (mail.recipient, mail.subject) == (AMINA, "You speak at: Voices")
    for text in (mail.text, mail.html):
        for words in ("Dear Amina", f"/speakers/{amina.token}/", "Opening", "Hall", "https://meet.example/x"):
            assert words in text
        assert "describe yourself" not in text
    method, entry = attached(mail)
    assert (method, str(entry["UID"]).split("@")[0], str(entry["STATUS"])) == (
        "REQUEST", f"event-{event.id}", "CONFIRMED",
    )  # fmt: skip
    assert str(entry["URL"]) == f"http://localhost/speakers/{amina.token}/"
    assert str(entry["ATTENDEE"]) == f"mailto:{AMINA}" and entry["ATTENDEE"].params["RSVP"] == "FALSE"
    assert f"on its way to {AMINA}" in organiser.get(page).text
    send_due()
    text = organiser.get(page).text
    assert f"was sent to {AMINA}" in text and "Send it again" in text and "No address" in text
    with travel(now() + timedelta(days=1)), atomic():
        assert speaker_notices.send_page(event.id, amina.id, None) == "written"
    assert len(mails("speaker_page:")) == 2


@ONE_ENGINE
def test_letters_are_in_the_language_that_the_organiser_chose(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(title="Voices")
    speaker = speak(event, "Amina", AMINA, locale="fr")
    client_for(cast.organiser).post(letter_of(speaker))
    take(event, "cancelled")
    assert [mail.locale for mail in mails("speaker_")] == ["fr", "fr"]
    assert mails("speaker_news:")[0].subject.startswith("Annulé")


@ONE_ENGINE
def test_what_came_back_is_shown_and_may_be_tried_again(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event()
    amina, organiser = speak(event, "Amina", AMINA), client_for(cast.organiser)
    organiser.post(letter_of(amina))
    with atomic():
        mail = db.session.get_one(Mail, mails("speaker_page:")[0].id)
        mail.state, mail.reason = MailState.BOUNCED, "550 5.1.1 no such user"
        db.session.add(Suppressed(address=AMINA, at=now()))
    text = organiser.get(f"/manage/events/{event.id}/programme/").text
    assert "Could not be delivered" in text and "no such user" in text and "Try again" in text
    for _twice in range(2):
        organiser.post(letter_of(amina))
    assert len(mails("speaker_page:", AMINA)) == 2
    assert db.session.get(Suppressed, AMINA) is None
    edit(event, starts_at=event.starts_at + timedelta(hours=1), ends_at=event.ends_at + timedelta(hours=1))
    with atomic():
        programme.save_speaker(event.id, amina.id, actor_id=None, email=BO)
    assert "Their link was not sent" in organiser.get(f"/manage/events/{event.id}/programme/").text
    organiser.post(letter_of(amina))
    assert len(mails("speaker_page:", BO)) == 1


@ONE_ENGINE
def test_all_who_were_never_written_to(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(status="draft")
    amina = speak(event, "Amina", AMINA)
    speak(event, "Bo", BO, moderates=True)
    speak(event, "Cy")
    with atomic():
        remains.decide_after(event.id, actor_id=None, composition_asked=True)
    organiser, path = client_for(cast.organiser), f"/manage/events/{event.id}/speakers/letters"
    assert "Send 2 of them their link" in organiser.get(f"/manage/events/{event.id}/programme/").text
    organiser.post(letter_of(amina))
    for _twice in range(2):
        assert organiser.post(path).status_code == 303
    assert [mail.recipient for mail in mails("speaker_page:")] == [AMINA, BO]
    mail = mails(to=BO)[0]
    assert "Thank you for moderating" in mail.text and "how you describe yourself" in mail.text
    assert mail.files == "[]"  # a plan does not belong into calendars


def test_speakers_are_told_what_changes_with_a_file_for_their_calendar(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9, title="Voices")
    amina = speak(event, "Amina", AMINA)
    speak(event, "Cy")
    speak(event, "Ann", "ann@home.example")
    seat(event, "Ann")
    client_for(cast.organiser).post(letter_of(amina))
    edit(event, summary="Other words.")
    assert mails("speaker_news:") == []
    edit(event, place="Room B")
    take(event, "postponed", "Snow.")
    edit(event, starts_at=event.starts_at + timedelta(days=7), ends_at=event.ends_at + timedelta(days=7))
    take(event, "published")
    take(event, "cancelled", "More snow.")
    told = mails("speaker_news:")
    assert {mail.recipient for mail in told} == {AMINA}  # Ann is told as somebody registered
    assert [mail.subject for mail in told] == [
        "New time or place: Voices", "Postponed: Voices", "It takes place: Voices", "Cancelled: Voices",
    ]  # fmt: skip
    assert [attached(mail)[0] for mail in told] == ["REQUEST", "CANCEL", "REQUEST", "CANCEL"]
    numbers = [int(attached(mail)[1]["SEQUENCE"]) for mail in mails("speaker_", AMINA)]
    assert numbers == sorted(set(numbers))
    assert "Room B" in told[0].text and "Snow." in told[1].text and "which takes place" in told[2].html
    assert "does not take place. We are sorry." in told[3].text and "More snow." in told[3].html


@ONE_ENGINE
def test_nothing_is_taken_out_of_a_calendar_that_was_given_nothing(app: Flask) -> None:
    event = make_event(title="Voices")
    speak(event, "Amina", AMINA)
    take(event, "cancelled")
    (mail,) = mails("speaker_news:")
    assert (mail.files, "your calendar" in mail.text) == ("[]", False)


@ONE_ENGINE
def test_of_a_draft_or_what_is_over_nobody_is_told(app: Flask) -> None:
    draft, past = make_event(status="draft"), make_event(days=-3)
    for event in (draft, past):
        speak(event, "Amina", AMINA)
        edit(event, place="Room C")
    take(draft, "published")
    take(past, "cancelled")
    assert mails("speaker_") == []


@ONE_ENGINE
def test_their_page_says_what_is_off(app: Flask, client_for: Any) -> None:
    event = make_event(online_url="https://meet.example/x")
    path = f"/speakers/{speak(event, 'Amina', AMINA).token}/"
    assert "https://meet.example/x" in client_for().get(path).text
    take(event, "postponed", "Snow.")
    assert "Snow." in client_for().get(path).text
    take(event, "cancelled", "More snow.")
    page = client_for().get(path).text
    assert "More snow." in page and "meet.example" not in page
