"""The outbox: a mail is a row written in the transaction that causes it, and sent by the worker afterwards.

Each row ends as `sent` or `failed` with its reason. The Message-ID is made with the row, so a mail sent twice by a
killed worker is recognised as one. In development without SMTP_URL nothing leaves: /dev/mail/ shows what was sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import css_inline
import structlog
from flask import current_app, render_template
from flask_babel import force_locale
from flask_mailman import EmailMultiAlternatives
from flask_mailman.backends.smtp import EmailBackend
from sqlalchemy import Index, String, Table, Text, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.database import Base, UtcDateTime, choice, db
from app.core.ids import token
from app.core.registry import registry
from app.core.transactions import atomic

LEASE = timedelta(seconds=120)
ATTEMPTS = 10
BATCH = 50
log = structlog.get_logger()


class MailState(StrEnum):
    """`bounced`: it was taken for delivery, and then came back."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"


class Mail(Base):
    """One mail to one address. `key` is unique: the same notice is never written twice. `files` is JSON.

    A letter is rendered when it is sent, from the `facts` that were true when it was written: until then it has no words.
    """

    __tablename__ = "mail"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    recipient: Mapped[str] = mapped_column(String(254), index=True)
    subject: Mapped[str] = mapped_column(String(400))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    files: Mapped[str] = mapped_column(Text, default="[]")
    letter: Mapped[str] = mapped_column(String(40), default="", server_default="")
    facts: Mapped[str] = mapped_column(Text, default="{}", server_default="{}")
    locale: Mapped[str] = mapped_column(String(8), default="en", server_default="en")
    message_id: Mapped[str] = mapped_column(String(120))
    state: Mapped[MailState] = mapped_column(choice(MailState, "mail_state"), default=MailState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index("ix_mail_due", "due_at", sqlite_where=state == "queued", postgresql_where=state == "queued"),
    )


class Suppressed(Base):
    """An address that mails came back from for good, or whose reader asked for none: nothing is written to it (E3)."""

    __tablename__ = "mail_suppressed"
    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    reason: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


TABLE = cast(Table, Mail.__table__)


def queue_mail(
    key: str,
    recipient: str,
    template: str,
    subject: str,
    *,
    locale: str = "en",
    files: Sequence[Mapping[str, str]] = (),
    **context: Any,
) -> None:
    """Write a mail in the current transaction. Renders `templates/mail/<template>.html` and its twin `.txt`.

    `subject` is already in the reader's language. `files` are mappings of name, type and text content. Nothing is written
    to the addresses of the erased, which end in `.invalid` (RFC 2606).
    """
    words = _words(template, subject, locale, context)
    _write([_row(key, recipient, locale) | words | {"files": json.dumps(list(files))}])


def queue_letters(letter: str, written: Sequence[tuple[str, str, str, Mapping[str, Any]]]) -> None:
    """Write mails that are rendered when they are sent, each (key, recipient, locale, facts) with facts that JSON can hold.

    For what happens under a lock: a row instead of a page. `Registry.letters` makes the words from the facts.
    """
    _write([
        _row(key, recipient, locale) | {"letter": letter, "facts": json.dumps(facts)}
        for key, recipient, locale, facts in written
    ])  # fmt: skip


def _row(key: str, recipient: str, locale: str) -> dict[str, Any]:
    host = urlsplit(current_app.config["KERMESSE"].base_url).hostname
    at = now()
    return {
        "key": key, "recipient": recipient, "locale": locale, "letter": "", "facts": "{}", "files": "[]", "subject": "",
        "text": "", "html": "", "message_id": f"<{token()}@{host}>", "due_at": at, "created_at": at,
        "state": MailState.QUEUED, "attempts": 0,
    }  # fmt: skip


def _write(rows: list[dict[str, Any]]) -> None:
    rows = [row for row in rows if not row["recipient"].endswith(".invalid")]
    if rows:
        insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
        db.session.execute(insert(TABLE).on_conflict_do_nothing(index_elements=["key"]), rows)


def _words(template: str, subject: str, locale: str, context: Mapping[str, Any]) -> dict[str, str]:
    with force_locale(locale):
        html = render_template(f"mail/{template}.html", subject=subject, **context)
        text = render_template(f"mail/{template}.txt", subject=subject, **context)
    return {
        "subject": " ".join(subject.split()),
        "text": text.strip() + "\n",
        "html": css_inline.inline(html, load_remote_stylesheets=False),
    }


def words_of(mail: Mail) -> dict[str, str]:
    """Subject, text and HTML of a mail: a letter that was not sent yet is rendered from its facts."""
    if not mail.letter or mail.text:
        return {"subject": mail.subject, "text": mail.text, "html": mail.html}
    with force_locale(mail.locale):
        found = registry().letters[mail.letter](json.loads(mail.facts))
    return _words(found.template, found.subject, mail.locale, found.context)


def send_due(limit: int = BATCH) -> int:
    """Send what is due, on one connection; returns how many were tried. Safe to run in several workers."""
    leased = _lease(limit)
    if not leased:
        return 0
    backend = _backend()
    try:
        for mail in leased:
            _deliver(mail, backend)
    finally:
        if backend is not None:
            backend.close()
    return len(leased)


def _lease(limit: int) -> list[Mail]:
    due = (Mail.state == MailState.QUEUED, Mail.due_at <= now())
    if db.session.scalar(select(Mail.id).where(*due).limit(1)) is None:
        db.session.rollback()
        return []
    with atomic():
        found = db.session.scalars(
            select(Mail).where(*due).order_by(Mail.id).limit(limit).with_for_update(skip_locked=True)
        ).all()
        for mail in found:
            mail.due_at = now() + LEASE
            mail.attempts += 1
        _tell_followers([mail for mail in found if mail.attempts == 1])
    return list(found)


def _tell_followers(mails: Sequence[Mail]) -> None:
    for word, follow in registry().followers.items():
        if concerned := [mail for mail in mails if mail.key.startswith(f"{word}:")]:
            follow(concerned)


def _deliver(mail: Mail, backend: EmailBackend | None) -> None:
    words = words_of(mail)
    db.session.rollback()  # nothing stays open while the network is slow
    values: dict[str, Any] = {"state": MailState.SENT, "sent_at": now(), "reason": None, **words}
    try:
        if backend is not None:
            _message(mail, words, backend).send()
    except SMTPRecipientsRefused as fault:
        refusals = [code for code, _ in fault.recipients.values()]
        values = _outcome(mail, str(fault), final=all(code >= 500 for code in refusals))
    except (SMTPException, OSError) as fault:
        values = _outcome(mail, f"{type(fault).__name__}: {fault}", final=False)
        backend.close() if backend else None
    with atomic():
        db.session.execute(update(Mail).where(Mail.id == mail.id).values(**values))


def _outcome(mail: Mail, reason: str, *, final: bool) -> dict[str, Any]:
    log.warning("mail not sent", mail=mail.id, attempts=mail.attempts)  # the reason, in the row, may name the address
    if final or mail.attempts >= ATTEMPTS:
        return {"state": MailState.FAILED, "reason": reason[:2000]}
    return {"due_at": now() + timedelta(seconds=min(5 * 2**mail.attempts, 3600)), "reason": reason[:2000]}


def _message(mail: Mail, words: Mapping[str, str], backend: EmailBackend) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject=words["subject"],
        body=words["text"],
        from_email=current_app.config["KERMESSE"]["MAIL_FROM"],
        to=[mail.recipient],
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
        connection=backend,
    )
    message.attach_alternative(words["html"], "text/html")
    for file in json.loads(mail.files):
        message.attach(file["name"], file["content"], file["type"])
    return message


def _backend() -> EmailBackend | None:
    """The SMTP connection of SMTP_URL; None in development without one, where the mail viewer is the destination."""
    url = urlsplit(current_app.config["KERMESSE"]["SMTP_URL"])
    if not url.hostname:
        return None
    return EmailBackend(
        host=url.hostname,
        port=url.port or (465 if url.scheme == "smtps" else 25),
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
        use_tls=False,
        use_ssl=url.scheme == "smtps",
        timeout=20,
    )
