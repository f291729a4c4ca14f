"""The outbox, against a real SMTP conversation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock, mail
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
