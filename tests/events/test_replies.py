"""What calendars answer: a no frees the seat, a yes takes what is offered, and nobody else's word counts."""

from __future__ import annotations

import json
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import clock
from app.core.addresses import signed
from app.core.clock import now
from app.core.database import db
from app.core.inbox import Outcome, act, hear
from app.core.transactions import atomic
from app.events import calendars, queries, services
from app.events.models import Event, Registration
from tests.calendar_client import answer
from tests.cli.house import command
from tests.events.helpers import mails, make_event, seat

ONE_ENGINE = pytest.mark.parametrize("engine", ["sqlite"])
BOX = "events@home.example"


@pytest.fixture(autouse=True)
def mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config["KERMESSE"].values, "MAIL_IN", BOX)


def invitation(to: str) -> bytes:
    """The newest calendar file that an address was sent."""
    return str(json.loads([one for one in mails("event_", to) if one.files != "[]"][-1].files)[0]["content"]).encode()


def letter(to: str, text: str, *, sender: str = "ann@home.example", kind: str = "calendar") -> EmailMessage:
    """A mail with an answer, as calendars send them."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, "Declined: Voices"
    made.set_content("Ann has declined.")
    if kind == "attachment":
        made.add_attachment(text.encode(), maintype="application", subtype="ics", filename="invite.ics")
    else:
        made.add_alternative(text, subtype="calendar", params={"method": "REPLY"})
    return made


def take(message: EmailMessage, *recipients: str) -> Outcome:
    heard = hear(message.as_bytes(), recipients)
    if isinstance(heard, Outcome):
        return heard
    with atomic():
        return act(heard)


def state(registration: Registration) -> str:
    db.session.rollback()
    return db.session.get_one(Registration, registration.id, populate_existing=True).status.value


def own_address(registration: Registration) -> str:
    return signed(calendars.REPLY, registration.id)


def test_a_no_frees_the_seat_for_whoever_waits(app: Flask) -> None:
    event = make_event(capacity=1)
    ann, bea = seat(event, "Ann"), seat(event, "Bea")
    message = letter(own_address(ann), answer(invitation("ann@"), "DECLINED"))
    assert take(message) is Outcome.DONE
    assert (state(ann), state(bea)) == ("withdrawn", "confirmed")
    assert queries.seat_faults(event.id) == []
    assert len(mails("event_withdrawn", "ann@")) == len(mails("event_promoted", "bea@")) == 1
    before = len(mails())
    assert take(message) is Outcome.NOTHING  # the same once more
    assert len(mails()) == before
    assert (state(ann), state(bea)) == ("withdrawn", "confirmed")


@ONE_ENGINE
@pytest.mark.parametrize("kind", ["calendar", "attachment"])
@pytest.mark.parametrize("sender", ["ann@home.example", "ann.work@elsewhere.example", "MAILER-DAEMON@x.example"])
def test_the_address_is_what_is_believed_and_not_the_sender(app: Flask, kind: str, sender: str) -> None:
    ann = seat(make_event(capacity=1), "Ann")
    text = answer(invitation("ann@"), "DECLINED")
    assert take(letter(BOX, text, sender=sender, kind=kind)) is Outcome.UNKNOWN
    assert state(ann) == "confirmed"
    assert take(letter(BOX, text, sender=sender, kind=kind), own_address(ann).upper()) is Outcome.DONE
    assert state(ann) == "withdrawn"


@ONE_ENGINE
def test_a_forged_no_changes_nothing(app: Flask) -> None:
    event, other = make_event(capacity=2), make_event(capacity=2)
    ann, bea = seat(event, "Ann"), seat(event, "Bea")
    carla = seat(other, "Carla")
    text = answer(invitation("ann@"), "DECLINED")
    wrong = own_address(ann).replace(f"+r{ann.id}-", f"+r{bea.id}-")
    for to, said in (
        (wrong, text),
        (own_address(carla), text),  # her own address, another event
        (own_address(ann), answer(invitation("ann@"), "DECLINED", uid="event-999@localhost")),
        (own_address(ann), answer(invitation("ann@"), "DECLINED", method="REQUEST")),
        (own_address(ann), answer(invitation("ann@"), "DECLINED", method="COUNTER")),
        (signed(calendars.REPLY, 999), text),
    ):
        assert take(letter(to, said)) in (Outcome.UNKNOWN, Outcome.NOTHING)
    assert {state(one) for one in (ann, bea, carla)} == {"confirmed"}


@ONE_ENGINE
@pytest.mark.parametrize("said", ["TENTATIVE", "ACCEPTED", "NEEDS-ACTION", "DELEGATED", "", "X-NO"])
def test_only_a_no_gives_a_seat_back(app: Flask, said: str) -> None:
    ann = seat(make_event(capacity=1), "Ann")
    assert take(letter(own_address(ann), answer(invitation("ann@"), said))) is Outcome.NOTHING
    assert state(ann) == "confirmed"


def test_a_yes_takes_what_is_offered(app: Flask) -> None:
    event = make_event(capacity=1)
    ann, bea = seat(event, "Ann"), seat(event, "Bea", ask_first=True)
    with atomic():
        services.withdraw(ann.id)
    assert state(bea) == "offered"
    message = letter(own_address(bea), answer(invitation("bea@"), "ACCEPTED"))
    assert take(message) is Outcome.DONE
    assert state(bea) == "confirmed"
    assert take(message) is Outcome.NOTHING
    assert len(mails("event_confirmed", "bea@")) == 1
    assert queries.seat_faults(event.id) == []


@ONE_ENGINE
def test_a_no_to_an_offer_passes_it_on(app: Flask) -> None:
    event = make_event(capacity=1)
    ann, bea, carla = seat(event, "Ann"), seat(event, "Bea", ask_first=True), seat(event, "Carla")
    with atomic():
        services.withdraw(ann.id)
    assert take(letter(own_address(bea), answer(invitation("bea@"), "DECLINED"))) is Outcome.DONE
    assert (state(bea), state(carla)) == ("withdrawn", "confirmed")


@ONE_ENGINE
def test_a_yes_that_comes_too_late_takes_nothing(app: Flask) -> None:
    event = make_event(capacity=1)
    ann, bea = seat(event, "Ann"), seat(event, "Bea", ask_first=True)
    with atomic():
        services.withdraw(ann.id)
    message = letter(own_address(bea), answer(invitation("bea@"), "ACCEPTED"))
    with clock.travel(now() + timedelta(days=5)):
        assert take(message) is Outcome.NOTHING
    assert state(bea) == "offered"


@ONE_ENGINE
def test_a_no_to_the_old_time_is_no_no_to_the_new_one(app: Flask) -> None:
    event = make_event(capacity=1)
    ann, old = seat(event, "Ann"), invitation("ann@")
    move(event, days=1)
    assert take(letter(own_address(ann), answer(old, "DECLINED"))) is Outcome.NOTHING
    assert state(ann) == "confirmed"
    assert take(letter(own_address(ann), answer(invitation("ann@"), "DECLINED"))) is Outcome.DONE


@ONE_ENGINE
def test_a_no_to_an_older_invitation_of_the_same_time_counts(app: Flask) -> None:
    event = make_event(capacity=1)
    ann, old = seat(event, "Ann"), invitation("ann@")
    with atomic():
        services.update_event(event.id, actor_id=None, capacity=1, largest_party=5, partner_ids=[], place="Room B")
    assert take(letter(own_address(ann), answer(old, "DECLINED"))) is Outcome.DONE
    assert state(ann) == "withdrawn"


@ONE_ENGINE
def test_after_the_event_a_no_changes_nothing(app: Flask) -> None:
    event = make_event(capacity=1)
    ann = seat(event, "Ann")
    with clock.travel(event.ends_at + timedelta(hours=1)):
        assert take(letter(own_address(ann), answer(invitation("ann@"), "DECLINED"))) is Outcome.NOTHING
    assert state(ann) == "confirmed"


def move(event: Event, days: int) -> None:
    values = {"starts_at": event.starts_at + timedelta(days=days), "ends_at": event.ends_at + timedelta(days=days)}
    with atomic():
        services.update_event(event.id, actor_id=None, capacity=1, largest_party=5, partner_ids=[], **values)


# As the programs of this world write them

REPLIES = {
    "with a zone of its own": """BEGIN:VCALENDAR
METHOD:REPLY
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
ATTENDEE;PARTSTAT=DECLINED;CN=Ann Müller:mailto:ann.mueller@home.example
COMMENT;LANGUAGE=de-DE:Leider nein\\n
UID:{uid}
SUMMARY;LANGUAGE=de-DE:Abgelehnt: Voices
DTSTART;TZID=W. Europe Standard Time:{local}
DTEND;TZID=W. Europe Standard Time:{local}
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:20260302T101112Z
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:1
X-MICROSOFT-CDO-APPT-SEQUENCE:1
END:VEVENT
END:VCALENDAR
""",
    "in universal time": """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REPLY
BEGIN:VEVENT
DTSTART:{utc}
DTEND:{utc}
DTSTAMP:20260302T101112Z
ORGANIZER;CN=Kermesse:mailto:{to}
UID:{uid}
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=DECLINED;CN=Ann;X-NUM-GUESTS=0:mailto:ann@home.example
X-MICROSOFT-CDO-OWNERAPPTID:-1234
CREATED:20260301T101112Z
SEQUENCE:1
STATUS:CONFIRMED
SUMMARY:Voices
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
""",
    "short": """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Apple Inc.//iOS 18//EN
METHOD:REPLY
BEGIN:VEVENT
UID:{uid}
SEQUENCE:1
DTSTAMP:20260302T101112Z
ATTENDEE;CUTYPE=INDIVIDUAL;EMAIL="ann@home.example";PARTSTAT=DECLINED;ROLE=REQ-
 PARTICIPANT:mailto:ann@home.example
END:VEVENT
END:VCALENDAR
""",
}


@ONE_ENGINE
@pytest.mark.parametrize("how", REPLIES)
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "utf-16"])
def test_answers_of_several_programs_and_charsets(app: Flask, how: str, charset: str) -> None:
    event = make_event(capacity=1)
    ann = seat(event, "Ann")
    facts = {
        "uid": calendars.uid(event.id), "to": own_address(ann), "utc": f"{event.starts_at:%Y%m%dT%H%M%SZ}",
        "local": f"{event.local_start:%Y%m%dT%H%M%S}",
    }  # fmt: skip
    text = REPLIES[how].format(**facts).replace("\n", "\r\n")
    made = EmailMessage()
    made["To"] = own_address(ann)
    made.set_content(text.encode(charset), maintype="text", subtype="calendar", params={"charset": charset})
    assert take(made) is Outcome.DONE
    assert state(ann) == "withdrawn"


@ONE_ENGINE
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 400), put=st.binary(max_size=60), many=st.integers(1, 5))
def test_a_broken_answer_breaks_nothing(app: Flask, cut: int, put: bytes, many: int) -> None:
    text = answer(RAW, "TENTATIVE").encode()
    broken = text[:cut] + put * many + text[cut + len(put) :]
    made = EmailMessage()
    made["To"] = signed(calendars.REPLY, 1)
    made.set_content(broken, maintype="text", subtype="calendar")
    assert isinstance(take(made), Outcome)


RAW = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:event-1@localhost\r\n"
    b"DTSTAMP:20260101T000000Z\r\nDTSTART:20270101T000000Z\r\nSEQUENCE:1\r\nSTATUS:CONFIRMED\r\nSUMMARY:x\r\n"
    b"ORGANIZER:mailto:a@b.example\r\nATTENDEE:mailto:c@d.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


# The command


@ONE_ENGINE
def test_the_command_reads_a_message_from_its_input(app: Flask) -> None:
    ann = seat(make_event(capacity=1), "Ann")
    raw = letter(BOX, answer(invitation("ann@"), "DECLINED")).as_bytes()
    said = app.test_cli_runner().invoke(args=["mail-in", "--to", own_address(ann)], input=raw)
    assert (said.exit_code, said.output.splitlines()[-1]) == (0, "done")
    assert state(ann) == "withdrawn"
    said = app.test_cli_runner().invoke(args=["mail-in"], input=b"From: x\r\n\r\nx")
    assert (said.exit_code, said.output.splitlines()[-1]) == (0, "unknown")  # nothing is answered to a forger


@ONE_ENGINE
def test_a_fault_asks_the_mail_server_to_keep_the_message(app: Flask, monkeypatch: Any) -> None:
    monkeypatch.setattr("app.core.inbox.hear", lambda *_: 1 / 0)
    said = app.test_cli_runner().invoke(args=["mail-in"], input=b"From: x\r\n\r\nx")
    assert said.exit_code == 75


@ONE_ENGINE
def test_an_address_is_written_to_again_by_command(app: Flask) -> None:
    from app.core.mail import suppress

    with atomic():
        suppress("ann@home.example", "5.1.1")
    assert command(app, "mail-allow", "Ann@Home.example").output == "mail goes there again\n"
    assert command(app, "mail-allow", "ann@home.example").output == "mail to that address was not held back\n"
    assert command(app, "mail-allow", "nonsense").exit_code == 1
