"""The outbox: a mail is a row written in the transaction that causes it, and sent by the worker afterwards.

Each row ends as `sent` or `failed` with its reason. The Message-ID is made with the row, so a mail sent twice by a
killed worker is recognised as one. In development without SMTP_URL nothing leaves: /dev/mail/ shows what was sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any, cast
from urllib.parse import urlsplit

import css_inline
import structlog
from flask import current_app, render_template
from flask_babel import force_locale
from flask_mailman.backends.smtp import EmailBackend
from sqlalchemy import Index, String, Table, Text, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.core import message, statuses
from app.core.clock import now
from app.core.database import Base, UtcDateTime, choice, db
from app.core.ids import token
from app.core.registry import Letter, registry
from app.core.transactions import atomic

LEASE = timedelta(seconds=120)
SPARE = timedelta(seconds=60)  # of the lease: then no further mail of a batch is begun
ATTEMPTS = 10
KEPT = timedelta(days=365)
BATCH = 50
SUPPRESSED = "nothing is sent to this address: mail to it came back before"
OVERTAKEN = "what it said was true no more"
GONE = "gone"  # or somebody else's to send
ASKED_FOR = "sign-in:"  # so begin the keys of mails that their reader asked for just now
log = structlog.get_logger()


class Obsolete(Exception):
    """Raised by what words a letter, when it need not be sent any more."""


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
        Index("ix_mail_message_id", "message_id"),
        Index("ix_mail_due", "due_at", sqlite_where=state == "queued", postgresql_where=state == "queued"),
    )


class Suppressed(Base):
    """An address that mails came back from for good: nothing is sent to it (E3) but what its reader asks for just now, such as
    a sign-in code. Whoever signs in by one has shown that mail arrives."""

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
    return rendered(found, mail.locale)


def rendered(letter: Letter, locale: str) -> dict[str, str]:
    """Subject, text and HTML of a letter, as they are sent."""
    return _words(letter.template, letter.subject, locale, letter.context)


def send_due(limit: int = BATCH) -> int:
    """Send what is due; returns how many were taken up. Safe to run in several workers.

    What a slow server leaves no time for goes back: else another worker would send it as well when the lease ends.
    """
    leased = _lease(limit)
    if not leased:
        return 0
    backend = message.server()
    try:
        for number, mail in enumerate(leased):
            if now() > mail.due_at - SPARE:
                _give_back(leased[number:])
                break
            _deliver(mail, backend)
    finally:
        if backend is not None:
            backend.close()
    return len(leased)


def _give_back(mails: Sequence[Mail]) -> None:
    with atomic():
        mine = (
            Mail.id.in_([mail.id for mail in mails]),
            Mail.due_at == mails[0].due_at,
            Mail.state == MailState.QUEUED,
        )
        db.session.execute(update(Mail).where(*mine).values(due_at=now()).execution_options(synchronize_session=False))


def _lease(limit: int) -> list[Mail]:
    due = (Mail.state == MailState.QUEUED, Mail.due_at <= now())
    if db.session.scalar(select(Mail.id).where(*due).limit(1)) is None:
        db.session.rollback()
        return []
    with atomic():
        found = db.session.scalars(
            select(Mail).where(*due).order_by(Mail.id).limit(limit).with_for_update(skip_locked=True)
        ).all()
        until = now() + LEASE
        for mail in found:
            mail.due_at = until
            mail.attempts += 1
        _tell_followers([mail for mail in found if mail.attempts == 1])
    for mail in found:  # as they were taken: the rows may change, or be erased, while others are sent
        db.session.expunge(mail)
    return list(found)


def _tell_followers(mails: Sequence[Mail]) -> None:
    for word, follow in registry().followers.items():
        if concerned := [mail for mail in mails if mail.key.startswith(f"{word}:")]:
            follow(concerned)


def _deliver(mail: Mail, backend: EmailBackend | None) -> None:
    hindrance = _hindrance(mail)
    if hindrance == GONE:
        return
    values: dict[str, Any] = {"state": MailState.SENT, "sent_at": now(), "reason": None}
    try:
        words = words_of(mail) if not hindrance else {}
    except Obsolete:
        words, hindrance = {}, OVERTAKEN
    except Exception as fault:  # one mail that cannot be worded must not stop those behind it
        log.exception("mail not worded", mail=mail.id)
        words, hindrance = {}, type(fault).__name__
    db.session.rollback()  # nothing stays open while the network is slow
    if hindrance:
        values = _outcome(mail, hindrance, final=hindrance in (SUPPRESSED, OVERTAKEN))
    else:
        values |= words
        try:
            if backend is not None:
                message.build(mail, words, backend).send()
        except Exception as fault:  # also what cannot be written as a mail: those behind it go on
            values = _refused(mail, fault)
            if backend is not None and not isinstance(fault, SMTPRecipientsRefused):
                backend.close()
    with atomic():
        # Only while nobody else knew better: it may have come back already.
        mine = (Mail.id == mail.id, Mail.state == MailState.QUEUED)
        db.session.execute(update(Mail).where(*mine).values(**values))
        if values.get("state") is MailState.FAILED and statuses.speaks_of_the_address(values["reason"]):
            suppress(mail.recipient, values["reason"])


def _hindrance(mail: Mail) -> str:
    """Why a mail that was leased is not sent after all. Asked just before: an erasure or a bounce may have come between, or
    the lease was over and another worker has it."""
    suppressed = select(Suppressed.address).where(Suppressed.address == Mail.recipient).exists()
    mine = (Mail.id == mail.id, Mail.state == MailState.QUEUED, Mail.attempts == mail.attempts)
    found = db.session.execute(select(Mail.id, suppressed).where(*mine)).one_or_none()
    if found is None:
        return GONE
    return SUPPRESSED if found[1] and not mail.key.startswith(ASKED_FOR) else ""


def _refused(mail: Mail, fault: Exception) -> dict[str, Any]:
    """A server's no is final when it says so about the recipient or the mail; everything else passes."""
    answers: list[tuple[int, bytes | str]]
    if isinstance(fault, SMTPRecipientsRefused):
        answers = list(fault.recipients.values())
    elif isinstance(fault, SMTPDataError):
        answers = [(fault.smtp_code, fault.smtp_error)]
    else:
        return _outcome(mail, f"{type(fault).__name__}: {fault}", final=False)
    said = "; ".join(f"{code} {statuses.text_of(text)}" for code, text in answers)
    return _outcome(mail, said, final=all(code >= 500 for code, _text in answers))


def suppress(address: str, reason: str) -> None:
    """Write nothing to an address from this commit on (E3)."""
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    values = {"address": address, "reason": reason[:300], "at": now()}
    db.session.execute(insert(Suppressed).values(values).on_conflict_do_nothing(index_elements=["address"]))


def allow(address: str) -> bool:
    """Write to an address again. Whether it had been suppressed."""
    gone = delete(Suppressed).where(Suppressed.address == address).returning(Suppressed.address)
    return db.session.execute(gone).first() is not None


def _outcome(mail: Mail, reason: str, *, final: bool) -> dict[str, Any]:
    log.warning("mail not sent", mail=mail.id, attempts=mail.attempts)  # the reason, in the row, may name the address
    if final or mail.attempts >= ATTEMPTS:
        return {"state": MailState.FAILED, "reason": reason[:2000]}
    return {"due_at": now() + timedelta(seconds=min(5 * 2**mail.attempts, 3600)), "reason": reason[:2000]}


def sweep() -> None:
    """Forget what mails said long ago; that they were sent, and to whom, stays for as long as names do."""
    with atomic():
        gone = (Mail.created_at < now() - current_app.config["KERMESSE"].names_kept, Mail.state != MailState.QUEUED)
        db.session.execute(delete(Mail).where(*gone).execution_options(synchronize_session=False))
        old = (Mail.created_at < now() - KEPT, Mail.state != MailState.QUEUED, Mail.text != "")
        empty = {"subject": "", "text": "", "html": "", "files": "[]"}
        db.session.execute(update(Mail).where(*old).values(empty).execution_options(synchronize_session=False))
