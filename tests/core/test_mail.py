"""The outbox, against a real SMTP conversation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.core import clock, mail, message
from app.core.database import db
from app.core.mail import Mail, MailState, queue_mail
from app.core.transactions import atomic
from tests.letterbox import Letterbox


def write(key: str = "k", subject: str = "Your code") -> None:
    with atomic():
        queue_mail(key, "a@home.example", "sign_in_code", subject, code="123456", link="http://localhost/x", minutes=15)


def stored() -> Mail:
    db.session.rollback()
    return db.session.scalars(select(Mail)).one()


def test_a_mail_is_sent_with_text_html_and_a_stable_id(letterbox: Letterbox) -> None:
    write()
    assert mail.send_due() == 1
    letter = letterbox.letters[0]
    assert letter["Message-ID"] == stored().message_id
    assert letter["To"] == "a@home.example"
    assert [part.get_content_type() for part in letter.walk()][1:] == ["text/plain", "text/html"]
    assert stored().state is MailState.SENT
    assert mail.send_due() == 0


def test_the_same_notice_is_written_once(letterbox: Letterbox) -> None:
    write()
    write()
    mail.send_due()
    assert len(letterbox.letters) == 1


def test_nothing_is_sent_of_what_was_rolled_back(letterbox: Letterbox) -> None:
    with pytest.raises(ZeroDivisionError), atomic():
        queue_mail("k", "a@home.example", "sign_in_code", "S", code="1", link="x", minutes=1)
        raise ZeroDivisionError
    assert mail.send_due() == 0
    assert letterbox.letters == []


def test_a_header_cannot_be_injected(letterbox: Letterbox) -> None:
    write(subject="Hello\r\nBcc: victim@home.example")
    mail.send_due()
    assert letterbox.letters[0]["Bcc"] is None


def test_a_refused_address_fails_for_good_with_its_reason(letterbox: Letterbox) -> None:
    letterbox.refuse = "550 no such user"
    write()
    mail.send_due()
    assert stored().state is MailState.FAILED
    assert "no such user" in stored().reason


def test_a_passing_refusal_is_tried_again(letterbox: Letterbox) -> None:
    letterbox.refuse = "451 later"
    write()
    mail.send_due()
    assert stored().state is MailState.QUEUED
    letterbox.refuse = ""
    with clock.travel(clock.now() + timedelta(hours=1)):
        mail.send_due()
    assert len(letterbox.letters) == 1


def test_a_server_that_is_down_or_drops_loses_nothing(letterbox: Letterbox, app: Flask, monkeypatch: Any) -> None:
    write()
    letterbox.drop = True
    mail.send_due()
    assert stored().state is MailState.QUEUED
    with monkeypatch.context() as patch:
        patch.setitem(app.config["KERMESSE"].values, "SMTP_URL", "smtp://127.0.0.1:1")
        with clock.travel(clock.now() + timedelta(hours=1)):
            mail.send_due()
    assert stored().state is MailState.QUEUED
    letterbox.drop = False
    with clock.travel(clock.now() + timedelta(hours=3)):
        mail.send_due()
    assert len(letterbox.letters) == 1


def test_a_killed_sender_repeats_at_most_once_with_the_same_id(letterbox: Letterbox, monkeypatch: Any) -> None:
    write()
    with monkeypatch.context() as patch:
        patch.setattr(mail, "atomic", _dies_after_lease())
        with pytest.raises(KeyboardInterrupt):
            mail.send_due()
    with clock.travel(clock.now() + mail.LEASE + timedelta(seconds=1)):
        mail.send_due()
        mail.send_due()
    assert len(letterbox.letters) == 2
    assert letterbox.letters[0]["Message-ID"] == letterbox.letters[1]["Message-ID"]


def _dies_after_lease() -> Any:
    calls = 0

    def once() -> Any:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise KeyboardInterrupt
        return atomic()

    return once


def write_to(*addresses: str) -> None:
    with atomic():
        for number, address in enumerate(addresses):
            queue_mail(f"k{number}", address, "sign_in_code", "Words", code="1", link="x", minutes=1)


def meanwhile(monkeypatch: Any, work: Any) -> None:
    """Do something while the first mail is under way."""
    before, done = mail.words_of, []

    def words(row: Mail) -> dict[str, str]:
        if not done:
            done.append(row.id)
            work()
        return before(row)

    monkeypatch.setattr(mail, "words_of", words)


def test_who_is_erased_while_others_are_sent_to_gets_nothing(letterbox: Letterbox, monkeypatch: Any) -> None:
    write_to("a@home.example", "b@home.example", "c@home.example")

    def erase() -> None:
        db.session.rollback()
        with atomic():
            db.session.execute(delete(Mail).where(Mail.recipient == "b@home.example"))

    meanwhile(monkeypatch, erase)
    mail.send_due()
    assert [letter["To"] for letter in letterbox.letters] == ["a@home.example", "c@home.example"]


def test_what_another_worker_sent_meanwhile_is_not_sent_again(letterbox: Letterbox, monkeypatch: Any) -> None:
    """A server so slow that the lease of a batch ends while its first mail is on its way."""
    write_to("a@home.example", "b@home.example", "c@home.example")

    def other_worker() -> None:
        db.session.rollback()
        with clock.travel(clock.now() + mail.LEASE + timedelta(seconds=1)):
            mail.send_due()
        db.session.rollback()

    meanwhile(monkeypatch, other_worker)
    mail.send_due()
    assert sorted(letter["To"] for letter in letterbox.letters if letter["To"] != "a@home.example") == [
        "b@home.example",
        "c@home.example",
    ]


def test_what_a_slow_server_leaves_no_time_for_goes_back(letterbox: Letterbox, monkeypatch: Any) -> None:
    write_to("a@home.example", "b@home.example")
    with monkeypatch.context() as patch:
        patch.setattr(mail, "SPARE", mail.LEASE + timedelta(seconds=1))
        mail.send_due()
        assert letterbox.letters == []
    mail.send_due()
    assert len(letterbox.letters) == 2, "at once, not when the lease ends"


def test_a_mail_that_cannot_be_written_ends_as_failed_and_holds_nobody_up(letterbox: Letterbox) -> None:
    write_to("a@home.example\nBcc: b@home.example", "b@home.example")
    for hours in range(mail.ATTEMPTS):
        with clock.travel(clock.now() + timedelta(hours=2 * hours)):
            mail.send_due()
    states = {row.recipient: row.state for row in db.session.scalars(select(Mail))}
    assert states == {"a@home.example\nBcc: b@home.example": MailState.FAILED, "b@home.example": MailState.SENT}
    assert len(letterbox.letters) == 1


def test_an_address_with_other_letters_goes_to_its_own_domain(letterbox: Letterbox) -> None:
    """By the rules of 2003 the former would be `strasse.example`, which anybody may have."""
    write_to("anna@straße.example", "anna@exämple.org")
    mail.send_due()
    assert [letter["To"] for letter in letterbox.letters] == ["anna@xn--strae-oqa.example", "anna@xn--exmple-cua.org"]


@pytest.mark.parametrize(
    ("url", "starttls", "tls"),
    [
        ("smtp://user:password@mail.example:587", True, False),
        ("smtp://user:password@mail.example", True, False),
        ("smtps://user:password@mail.example", False, True),
        ("smtp://relay.example:25", False, False),
        ("smtp://user:password@127.0.0.1:1025", False, False),
    ],
)
def test_a_password_leaves_this_computer_only_under_tls(
    app: Flask, monkeypatch: Any, url: str, starttls: bool, tls: bool
) -> None:
    monkeypatch.setitem(app.config["KERMESSE"].values, "SMTP_URL", url)
    backend = message.server()
    assert backend is not None
    assert (backend.use_tls, backend.use_ssl) == (starttls, tls)


def test_without_starttls_neither_password_nor_mail_is_sent(letterbox: Letterbox, app: Flask, monkeypatch: Any) -> None:
    port = urlsplit(app.config["KERMESSE"]["SMTP_URL"]).port
    monkeypatch.setattr(message, "LOOPBACK", ())
    monkeypatch.setitem(app.config["KERMESSE"].values, "SMTP_URL", f"smtp://user:password@127.0.0.1:{port}")
    write()
    mail.send_due()
    assert stored().state is MailState.QUEUED
    assert "STARTTLS" in (stored().reason or "")
    assert letterbox.letters == []
