"""Calendar files: strict, whatever somebody typed; what each address is told, and in which order."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.core import clock, mail
from app.core.addresses import read_signed
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import calendars, changes, offers, services
from app.events.models import Event, EventStatus, PoolKind, Registration, RegistrationStatus, SeatPool
from tests.calendar_client import CalendarClient, faults, strictly
from tests.cast import Cast
from tests.events.helpers import attached, mails, make_event, seat
from tests.letterbox import Letterbox

ONE_ENGINE = pytest.mark.parametrize("engine", ["sqlite"])
TYPED = st.text(
    st.one_of(st.sampled_from(list(",;:\\\"'\n\r\t^é😀שלום\u202e\u2028\u0085 <>=%&")), st.characters(codec="utf-8")),
    min_size=1,
    max_size=120,
)
FUZZ = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def answered(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody reads what calendars answer."""
    monkeypatch.setitem(app.config["KERMESSE"].values, "MAIL_IN", "events@home.example")


def an_event(**values: Any) -> Event:
    start = datetime(2027, 3, 8, 18, 30, tzinfo=UTC)
    facts = {
        "id": 3, "slug": "a", "title": "Voices", "summary": "A talk.", "notice": "", "timezone": "Europe/Zurich",
        "starts_at": start, "ends_at": start + timedelta(hours=2), "place": "Room A", "online_url": "", "seen_version": 0,
        "status": EventStatus.PUBLISHED, "updated_at": start, "created_at": start,
    }  # fmt: skip
    return Event(**facts | values)


def a_registration(**values: Any) -> Registration:
    facts = {
        "id": 7, "token": "abc", "event": an_event(), "name": "Pia", "email": "pia@family.example", "locale": "en", "party": 1,
        "seated": 1, "status": RegistrationStatus.CONFIRMED, "calendar_version": 1,
    }  # fmt: skip
    return Registration(**facts | values)


def shown(text: str) -> str:
    """What a calendar can show of a line that somebody typed."""
    kept = [letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cs") or letter.isspace()]
    return " ".join(
        "".join(letter if unicodedata.category(letter) != "Cc" or letter in "\n\t" else "" for letter in kept).split()
    )


# Files


@ONE_ENGINE
@FUZZ
@given(title=TYPED, name=TYPED, place=TYPED, summary=TYPED)
@example(title="," * 5000, name=";" * 5000, place="😀" * 5000, summary="\\" * 5000)
@example(title="é" * 74, name='"', place="\r\n", summary="a\r\nb\nc\rd")
@example(title="שלום, עולם; \u202eabc", name="a\\", place="\u2028", summary="END:VEVENT\nBEGIN:VEVENT")
def test_whatever_was_typed_makes_a_strict_file(app: Flask, title: str, name: str, place: str, summary: str) -> None:
    event, guest = an_event(title=title, place=place, summary=summary), a_registration(name=name)
    for cancel in (False, True):
        file = calendars.invitation(event, guest, cancel=cancel)
        (entry,) = strictly(file["content"].encode()).vevent_list
        assert entry.summary.value == shown(title)
        assert entry.attendee.value == "mailto:pia@family.example"
        assert entry.dtstart.value.astimezone(UTC) == event.starts_at
    for raw in (calendars.own_entry(event, guest), calendars.feed([event, an_event(id=4, title=name)], place)):
        strictly(raw)


@ONE_ENGINE
@pytest.mark.parametrize(
    "local",
    [
        "2027-03-28T01:59",
        "2027-03-28T03:00",
        "2027-03-28T03:30",
        "2027-10-31T01:59",
        "2027-10-31T03:00",
        "2027-07-01T09:00",
    ],
)
def test_on_the_days_when_the_clocks_change(app: Flask, local: str) -> None:
    start = datetime.fromisoformat(local).replace(tzinfo=calendars.ZoneInfo("Europe/Zurich")).astimezone(UTC)
    event = an_event(starts_at=start, ends_at=start + timedelta(hours=3))
    (entry,) = strictly(calendars.invitation(event, a_registration())["content"].encode()).vevent_list
    assert (entry.dtstart.value.astimezone(UTC), entry.dtend.value.astimezone(UTC)) == (start, event.ends_at)


@ONE_ENGINE
def test_an_invitation_holds_what_rfc_5546_asks_for(app: Flask, answered: None) -> None:
    file = calendars.invitation(an_event(), a_registration(name="Pia Parent", locale="en"))
    entry = strictly(file["content"].encode()).vevent
    assert entry.organizer.params["CN"] == ["Kermesse"]
    assert read_signed(entry.organizer.value.removeprefix("mailto:")) == (calendars.REPLY, 7)
    wanted = {"CN": ["Pia Parent"], "PARTSTAT": ["ACCEPTED"], "RSVP": ["TRUE"], "ROLE": ["REQ-PARTICIPANT"]}
    assert {key: entry.attendee.params[key] for key in wanted} == wanted
    assert (entry.status.value, entry.location.value, entry.sequence.value) == ("CONFIRMED", "Room A", "1")
    assert entry.url.value == "http://localhost/registrations/abc/"
    assert abs(entry.dtstamp.value - now()) < timedelta(minutes=1)


@ONE_ENGINE
def test_without_a_mailbox_nobody_is_asked_to_answer(app: Flask) -> None:
    entry = strictly(calendars.invitation(an_event(), a_registration())["content"].encode()).vevent
    assert entry.organizer.value == "mailto:kermesse@localhost"
    assert entry.attendee.params["RSVP"] == ["FALSE"]


@ONE_ENGINE
def test_the_feed_is_strict_with_a_hundred_events_of_three_zones(app: Flask, client_for: Any) -> None:
    for number, zone in enumerate(("Europe/Zurich", "America/New_York", "UTC") * 8):
        make_event(title=f"Event {number}, with signs; and \\", timezone=zone, days=number * 17 - 60)
    raw = client_for().get("/events/calendar.ics").data
    assert len(strictly(raw).vevent_list) == 24
    for event in db.session.query(Event).all():
        strictly(client_for().get(f"/events/{event.slug}/event.ics").data)


def test_the_checker_finds_what_is_wrong(app: Flask) -> None:
    good = calendars.invitation(an_event(title="One, two; three"), a_registration())["content"].encode()
    assert faults(good) == []
    for old, new in (
        (b"\r\n", b"\n"), (b"UID:", b"X-UID:"), (b"One\\,", b"One,"), (b"END:VEVENT\r\n", b""), (b"Room A", b"R" * 90),
        (b"BEGIN:VTIMEZONE", b"BEGIN:X"), (b"METHOD:REQUEST\r\n", b""), (b"SUMMARY:", b"SUMMARY "), (b"Room", b"\x07"),
        (b"TZID:Europe/Zurich", b"TZID:Europe/Bern"),
    ):  # fmt: skip
        assert faults(good.replace(old, new)) != [], old


# Who is told what


def test_each_change_is_one_step_further_and_the_end_is_an_empty_calendar(app: Flask) -> None:
    event, phone = make_event(capacity=2, title="Voices"), CalendarClient()
    ann = seat(event, "Ann")
    edit = {"actor_id": None, "capacity": 2, "largest_party": 5, "partner_ids": []}
    with atomic():
        services.update_event(event.id, **edit, place="Room B")
    with atomic():
        changes.change_party(ann.id, 2)
    with atomic():
        services.update_event(event.id, **edit, title="Voices of our daughters")
    with atomic():
        services.update_event(
            event.id, **edit, starts_at=event.starts_at + timedelta(days=1), ends_at=event.ends_at + timedelta(days=1)
        )
    told = _hear(phone, "ann@")
    assert [method for method, _sequence in told] == ["REQUEST"] * 4
    assert [sequence for _method, sequence in told] == sorted({sequence for _method, sequence in told})
    assert db.session.get_one(Registration, ann.id).calendar_version == told[-1][1]
    assert phone.titles == ["Voices of our daughters"]
    assert phone.entries[calendars.uid(event.id)].location.value == "Room B"
    with atomic():
        services.withdraw(ann.id)
    assert _hear(CalendarClient(), "ann@")[-1][0] == "CANCEL"
    assert attached(mails("event_withdrawn")[0])[1]["ATTENDEE"].params["PARTSTAT"] == "DECLINED"


def _hear(phone: CalendarClient, to: str) -> list[tuple[str, int]]:
    for one in mails("event_", to):
        method, entry = attached(one) if one.files != "[]" else ("", None)
        if entry is not None:
            phone.apply(method, _content(one).encode())
    return phone.heard


def _content(one: Any) -> str:
    return str(json.loads(one.files)[0]["content"])


def test_who_comes_back_after_a_withdrawal_has_the_entry_again(app: Flask) -> None:
    event, phone = make_event(capacity=2), CalendarClient()
    first = seat(event, "Ann")
    with atomic():
        services.withdraw(first.id)
    _hear(phone, "ann@")
    assert phone.titles == []
    second = seat(event, "Ann")
    assert second.id != first.id
    _hear(phone, "ann@")
    assert phone.titles == [event.title]


def test_a_sequence_is_never_below_what_the_public_file_says(app: Flask) -> None:
    event = make_event(capacity=3)
    for place in ("B", "C", "D"):
        with atomic():
            services.update_event(event.id, actor_id=None, capacity=3, largest_party=5, partner_ids=[], place=place)
    seat(event, "Ann")
    assert int(attached(mails("event_confirmed")[0])[1]["SEQUENCE"]) >= event.seen_version == 3


def test_a_postponed_event_leaves_the_calendar_until_there_is_a_new_date(app: Flask) -> None:
    event, phone = make_event(capacity=1), CalendarClient()
    ann, bea = seat(event, "Ann"), seat(event, "Bea")
    with atomic():
        services.set_status(event.id, "postponed", message="Snow.")
    _hear(phone, "ann@")
    assert phone.titles == []
    edit = {"actor_id": None, "capacity": 1, "largest_party": 5, "partner_ids": []}
    with atomic():
        services.update_event(
            event.id, **edit, starts_at=event.starts_at + timedelta(days=7), ends_at=event.ends_at + timedelta(days=7)
        )
    with atomic():
        services.set_status(event.id, "published")
    _hear(phone, "ann@")
    assert phone.titles == [event.title]
    assert phone.entries[calendars.uid(event.id)].dtstart.value.astimezone(UTC) == event.starts_at
    assert [one.files for one in mails("event_", "bea@")] == ["[]"] * 3  # she only waits
    assert ann.id != bea.id


@ONE_ENGINE
def test_nobody_puts_the_time_of_what_is_postponed_into_a_calendar_unawares(app: Flask, client_for: Any) -> None:
    event, client = make_event(capacity=1), client_for()
    own = f"/registrations/{seat(event, 'Ann').token}/"
    assert f"{own}event.ics" in client.get(own).text
    with atomic():
        services.set_status(event.id, "postponed")
    assert f"{own}event.ics" not in client.get(own).text
    assert strictly(client.get(f"{own}event.ics").data).vevent.summary.value == f"Postponed: {event.title}"


def test_what_was_stays_in_the_calendar(app: Flask) -> None:
    event = make_event(capacity=1)
    ann = seat(event, "Ann")
    with clock.travel(event.ends_at + timedelta(minutes=1)):
        for status in ("published", "held"):
            event.status = EventStatus(status)
            assert calendars.next_invitation(event, ann) is None
    db.session.rollback()


def test_an_offer_may_be_answered_in_the_calendar_when_somebody_reads_it(app: Flask, answered: None) -> None:
    event = make_event(capacity=1)
    ann, bea = seat(event, "Ann"), seat(event, "Bea", ask_first=True)
    with atomic():
        services.withdraw(ann.id)
    method, entry = attached(mails("event_offer", "bea@")[0])
    assert (method, str(entry["STATUS"]), entry["ATTENDEE"].params["PARTSTAT"]) == (
        "REQUEST",
        "TENTATIVE",
        "NEEDS-ACTION",
    )
    with atomic():
        offers.accept(bea.id)
    method, entry = attached(mails("event_confirmed", "bea@")[0])
    assert (str(entry["STATUS"]), entry["ATTENDEE"].params["PARTSTAT"]) == ("CONFIRMED", "ACCEPTED")


def test_an_offer_that_nobody_could_answer_puts_nothing_into_a_calendar(app: Flask) -> None:
    event = make_event(capacity=1)
    ann = seat(event, "Ann")
    seat(event, "Bea", ask_first=True)
    with atomic():
        services.withdraw(ann.id)
    assert mails("event_offer", "bea@")[0].files == "[]"


def test_an_offer_that_lapses_goes_from_the_calendar(app: Flask, answered: None) -> None:
    event, phone = make_event(capacity=1), CalendarClient()
    ann, bea = seat(event, "Ann"), seat(event, "Bea", ask_first=True)
    with atomic():
        services.withdraw(ann.id)
    _hear(phone, "bea@")
    assert phone.titles == [event.title]
    with clock.travel(now() + timedelta(days=5)), atomic():
        assert offers.lapse(bea.id)
    _hear(phone, "bea@")
    assert phone.titles == []


def test_only_a_seat_among_the_places_online_has_the_link(app: Flask) -> None:
    event = make_event(capacity=5, online_url="https://meet.example/secret")
    with atomic():
        pool = SeatPool(event_id=event.id, kind=PoolKind.ONLINE, name="Online", position=1, capacity=5, ceiling=5)
        db.session.add(pool)
        db.session.flush()
        online = pool.id
    seat(event, "Ann")
    seat(event, "Bea", pool_id=online)
    room, away = (mails("event_confirmed", to)[0] for to in ("ann@", "bea@"))
    for words in (room.text, room.html, room.files):
        assert "meet.example" not in words
    for words in (away.text, away.html, away.files):
        assert "https://meet.example/secret" in words
    assert (str(attached(room)[1]["LOCATION"]), str(attached(away)[1]["LOCATION"])) == ("Room A", event.online_url)
    assert "Room A" not in away.text


def test_the_entry_is_in_the_readers_language(app: Flask, cast: Cast) -> None:
    seat(make_event(capacity=2), "Ann", locale="fr")
    (one,) = mails("event_confirmed")
    assert "Votre inscription" in str(attached(one)[1]["DESCRIPTION"])


# Over the wire


def test_the_invitation_is_one_more_way_to_read_the_mail(app: Flask, letterbox: Letterbox, answered: None) -> None:
    event = make_event(capacity=1, title="Café, “à la une”; " + "é" * 100)
    seat(event, "Ann")
    mail.send_due()
    (letter,) = letterbox.letters
    outer, inner = letter.get_content_type(), next(letter.iter_parts())
    assert (outer, inner.get_content_type()) == ("multipart/mixed", "multipart/alternative")
    ways = [part.get_content_type() for part in inner.iter_parts()]
    assert ways == ["text/plain", "text/html", "text/calendar"]  # the last is the one that calendars take
    calendar = list(inner.iter_parts())[-1]
    assert b'\r\nContent-Type: text/calendar; charset="utf-8"; method=REQUEST\r\n' in letterbox.raw[0]
    assert calendar.get_content_disposition() is None
    (file,) = list(letter.iter_parts())[1:]
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "event.ics")
    assert file.get_payload(decode=True) == calendar.get_payload(decode=True)
    phone = CalendarClient()
    phone.receive(letter)
    assert phone.titles == [event.title]
    assert all(len(line) <= 998 for line in letterbox.raw[0].split(b"\r\n"))
    assert read_signed(letterbox.senders[0]) == ("b", mails("event_confirmed")[0].id)
    assert letter["From"] == "kermesse@localhost"
