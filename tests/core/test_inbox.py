"""Mail that comes in: whom it is believed for, mails that come back, and whatever else arrives at an open mailbox."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from types import SimpleNamespace

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core import clock, inbox, mail, statuses
from app.core.addresses import read_signed, signed
from app.core.database import db
from app.core.inbox import LARGEST, Outcome, act, hear
from app.core.mail import Mail, MailState, Suppressed, queue_mail
from app.core.transactions import atomic
from tests.letterbox import Letterbox

BOX = "events@home.example"
ONE_ENGINE = pytest.mark.parametrize("engine", ["sqlite"])


@pytest.fixture(autouse=True)
def mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config["KERMESSE"].values, "MAIL_IN", BOX)


def write(to: str = "ann@home.example", key: str = "k") -> None:
    with atomic():
        queue_mail(key, to, "sign_in_code", "Your code", code="123456", link="http://localhost/x", minutes=15)


def sent(to: str = "ann@home.example", key: str = "k") -> Mail:
    """A mail that left."""
    write(to, key)
    mail.send_due()
    return stored(key)


def stored(key: str = "k") -> Mail:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Mail).where(Mail.key == key)).one()


def suppressed() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Suppressed.address)))


def take(raw: bytes | EmailMessage, *recipients: str) -> Outcome:
    heard = hear(raw if isinstance(raw, bytes) else raw.as_bytes(), recipients)
    if isinstance(heard, Outcome):
        return heard
    with atomic():
        return act(heard)


def report(action: str, status: str, said: str, *, to: str = BOX, returned: str = "", kind: str = "rfc822") -> bytes:
    """A delivery report, as mail servers write them."""
    of_kind = {"rfc822": "message/rfc822", "headers": "text/rfc822-headers"}[kind]
    back = f"Content-Type: {of_kind}\r\n\r\nMessage-ID: {returned}\r\nSubject: x\r\n\r\n"
    back = back if returned else "Content-Type: text/plain\r\n\r\n"
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {to}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; ann@home.example\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {said}\r\n\r\n"
        f"--b\r\n{back}\r\n--b--\r\n"
    ).encode()


GONE = ("failed", "5.1.1", "550 5.1.1 no such user here")


# Addresses


@ONE_ENGINE
def test_only_we_can_make_an_address(app: Flask) -> None:
    made = signed("r", 17)
    assert made.startswith("events+r17-") and made.endswith("@home.example")
    assert read_signed(made) == read_signed(f"<{made.upper()}>") == ("r", 17)
    assert len(made.partition("@")[0]) <= 64
    changed = (
        made.replace("+r17-", "+r18-"),
        made.replace("+r", "+b"),
        made[:-20] + "a" + made[-19:],
        made.replace("-", ""),
    )
    for other in (*changed, BOX, "", "x" * 10_000, "events+r17-@home.example", f"a {made}", made.replace("r17", "r٣")):
        assert read_signed(other) is None, other


@ONE_ENGINE
def test_no_address_is_made_when_nobody_reads_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config["KERMESSE"].values, "MAIL_IN", "")
    assert signed("r", 17) == ""


# Mails that come back


def test_a_mail_that_came_back_for_good_stops_the_next(app: Flask, letterbox: Letterbox) -> None:
    row = sent()
    assert letterbox.senders == [signed("b", row.id)]
    assert take(report(*GONE, to=letterbox.senders[0])) is Outcome.DONE
    assert stored().state is MailState.BOUNCED
    assert "no such user" in (stored().reason or "")
    assert suppressed() == ["ann@home.example"]
    write(key="next")
    write(to="bea@home.example", key="other")
    mail.send_due()
    assert (stored("next").state, stored("next").reason) == (MailState.FAILED, mail.SUPPRESSED)
    assert stored("other").state is MailState.SENT
    assert len(letterbox.letters) == 2
    assert take(report(*GONE, to=letterbox.senders[0])) is Outcome.DONE  # told twice is told once
    with atomic():
        assert mail.allow("ann@home.example")
    write(key="again")
    mail.send_due()
    assert stored("again").state is MailState.SENT


@pytest.mark.parametrize("kind", ["rfc822", "headers"])
def test_it_is_also_known_by_its_message_id(app: Flask, letterbox: Letterbox, kind: str) -> None:
    row = sent()
    assert take(report(*GONE, returned=row.message_id, kind=kind)) is Outcome.DONE
    assert stored().state is MailState.BOUNCED


@ONE_ENGINE
@pytest.mark.parametrize(
    ("action", "status", "said", "state", "stops"),
    [
        ("failed", "5.1.1", "550 5.1.1 unknown", "bounced", True),
        ("failed", "5.2.1", "550 5.2.1 disabled", "bounced", True),
        ("failed", "5.1.10", "no mail is taken for that domain", "bounced", True),
        ("failed", "5.2.2", "552 5.2.2 the mailbox is full", "bounced", False),
        ("failed", "5.7.1", "554 5.7.1 looks like spam", "bounced", False),
        ("failed", "5.3.4", "too large", "bounced", False),
        ("failed", "4.4.7", "expired", "sent", False),
        ("delayed", "4.4.1", "no answer from host", "sent", False),
        ("delivered", "2.0.0", "ok", "sent", False),
        ("relayed", "2.0.0", "ok", "sent", False),
        ("", "", "", "sent", False),
    ],
)
def test_what_a_report_says_decides(
    app: Flask, letterbox: Letterbox, action: str, status: str, said: str, state: str, stops: bool
) -> None:
    row = sent()
    take(report(action, status, said, to=signed("b", row.id)))
    assert (stored().state.value, bool(suppressed())) == (state, stops)
    late = action in ("failed", "delayed")
    assert (stored().reason is not None) is late


@ONE_ENGINE
def test_a_forged_report_changes_nothing(app: Flask, letterbox: Letterbox) -> None:
    row = sent()
    for to, returned in ((BOX, ""), (BOX, "<guess@localhost>"), (signed("b", row.id).replace("+b", "+b9"), "")):
        assert take(report(*GONE, to=to, returned=returned)) is Outcome.UNKNOWN
    assert take(report(*GONE, to=signed("b", 999))) is Outcome.UNKNOWN
    assert (stored().state, suppressed()) == (MailState.SENT, [])


@ONE_ENGINE
def test_a_report_that_is_faster_than_the_sender_is_not_lost(app: Flask, letterbox: Letterbox) -> None:
    write()
    leased = mail._lease(10)
    assert take(report(*GONE, to=signed("b", leased[0].id))) is Outcome.DONE
    with atomic():
        mail.allow("ann@home.example")
    mail._deliver(leased[0], mail.message.server())
    assert stored().state is MailState.BOUNCED


@ONE_ENGINE
def test_an_absence_notice_is_no_report(app: Flask, letterbox: Letterbox) -> None:
    row, note = sent(), EmailMessage()
    note["To"], note["Subject"], note["Auto-Submitted"] = signed("b", row.id), "I am away", "auto-replied"
    note.set_content("Until Monday.")
    assert take(note) is Outcome.NOTHING
    assert (stored().state, suppressed()) == (MailState.SENT, [])


def test_a_refusal_at_the_door_stops_the_next_too(app: Flask, letterbox: Letterbox) -> None:
    letterbox.refuse = "550 5.1.1 no such user"
    write()
    mail.send_due()
    assert stored().state is MailState.FAILED
    assert suppressed() == ["ann@home.example"]


@ONE_ENGINE
@pytest.mark.parametrize("answer", ["554 5.7.1 not from you", "552 5.3.4 too large"])
def test_a_final_no_to_the_text_ends_this_mail_alone(app: Flask, letterbox: Letterbox, answer: str) -> None:
    letterbox.refuse_text = answer
    write()
    mail.send_due()
    assert (stored().state, suppressed()) == (MailState.FAILED, [])
    assert answer.split()[1] in (stored().reason or "")


@ONE_ENGINE
def test_a_passing_no_to_the_text_is_tried_again(app: Flask, letterbox: Letterbox) -> None:
    letterbox.refuse_text = "451 4.7.1 later"
    write()
    mail.send_due()
    assert stored().state is MailState.QUEUED
    letterbox.refuse_text = ""
    with clock.travel(clock.now() + timedelta(hours=1)):
        mail.send_due()
    assert stored().state is MailState.SENT


@ONE_ENGINE
def test_an_address_suppressed_between_lease_and_sending_gets_nothing(app: Flask, letterbox: Letterbox) -> None:
    write()
    leased = mail._lease(10)
    with atomic():
        mail.suppress("ann@home.example", "asked for none")
    backend = mail.message.server()
    mail._deliver(leased[0], backend)
    assert letterbox.letters == []
    assert stored().state is MailState.FAILED


@ONE_ENGINE
def test_a_mail_erased_between_lease_and_sending_is_not_sent(app: Flask, letterbox: Letterbox) -> None:
    write()
    leased = mail._lease(10)
    with atomic():
        db.session.execute(db.delete(Mail))
    mail._deliver(leased[0], mail.message.server())
    assert letterbox.letters == []


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("550 no such user", True),
        ("551 moved", True),
        ("550 5.7.26 not authenticated", False),
        ("552 5.2.2 full", False),
        ("554 5.7.1 rejected", False),
        ("450 4.1.1 unknown for now", False),
        ("421 later", False),
        ("SMTPServerDisconnected: gone", False),
        ("see 10.5.1.1 for help", False),
        ("", False),
    ],
)
def test_what_speaks_of_the_address(text: str, is_so: bool) -> None:
    assert statuses.speaks_of_the_address(text) is is_so


# Whatever arrives

ODD = {
    "nothing": b"",
    "no header": b"\r\n\r\nhello",
    "zeros": b"\x00" * 1000,
    "not text": bytes(range(256)) * 20,
    "half a multipart": b'To: events@home.example\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n',
    "an unknown charset": b"Content-Type: text/calendar; charset=klingon; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY",
    "a broken report": b'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\n'
    b"Content-Type: message/delivery-status\r\n\r\n\xff\xfe",
    "a report that is one part": b"Content-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n",
    "a header that never ends": b"To: " + b"a@b.example, " * 50_000 + b"\r\n\r\nx",
    "parameters that never end": b"Content-Type: text/calendar" + b"; a=b" * 90_000 + b"\r\n\r\nx",
    "messages in messages": b"Content-Type: message/rfc822\r\n\r\n" * 3000,
    "odd header": b"To: =?utf-8?b?/////?=\r\nFrom: <<<>>>\r\nContent-Type: ;;;\r\nContent-Transfer-Encoding: base64\r\n\r\n===",
}


def nested(depth: int) -> bytes:
    """Parts within parts."""
    heads = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth))
    return b"To: events@home.example\r\n" + heads + b"Content-Type: text/plain\r\n\r\nx\r\n"


@ONE_ENGINE
@pytest.mark.parametrize("raw", [*ODD.values(), nested(30), nested(3000)], ids=[*ODD, "nested", "nested very deep"])
@pytest.mark.parametrize("kind", ["", "b", "r"])
def test_an_odd_message_changes_nothing_and_breaks_nothing(app: Flask, raw: bytes, kind: str) -> None:
    outcome = take(raw, signed(kind, 1) if kind else BOX)
    assert outcome in (Outcome.UNKNOWN, Outcome.UNREADABLE, Outcome.NOTHING)


@ONE_ENGINE
def test_a_huge_message_is_not_read(app: Flask) -> None:
    assert take(b"To: a@b.example\r\n\r\n" + b"x" * LARGEST) is Outcome.TOO_LARGE


@ONE_ENGINE
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.binary(max_size=2000), head=st.text(st.characters(codec="utf-8"), max_size=200), kind=st.sampled_from("br")
)
def test_no_message_breaks_the_reader(app: Flask, raw: bytes, head: str, kind: str) -> None:
    for data in (raw, head.encode() + b"\r\n\r\n" + raw, report("failed", head, head)[: len(raw) * 3]):
        assert isinstance(take(data, signed(kind, 1)), Outcome)


@ONE_ENGINE
def test_logs_hold_nothing_of_a_message(app: Flask, letterbox: Letterbox, monkeypatch: pytest.MonkeyPatch) -> None:
    row, logged = sent(), []
    recorder = SimpleNamespace(info=lambda *words, **facts: logged.append((words, facts)))
    monkeypatch.setattr(inbox, "log", recorder)
    take(report("failed", "5.1.1", "550 ann@home.example is unknown", to=signed("b", row.id)))
    take(b"From: Ann <ann@home.example>\r\nTo: events@home.example\r\nSubject: private\r\n\r\nprivate")
    take(nested(3000))
    assert len(logged) >= 3
    assert "ann@" not in str(logged) and "private" not in str(logged)
