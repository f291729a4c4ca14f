"""Mails that came back (RFC 3464): what their report says, and what becomes of the row and its address."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message

from sqlalchemy import select

from app.core import statuses
from app.core.database import db
from app.core.mail import Mail, MailState, suppress
from app.core.transactions import locked

LONGEST_REASON = 500


@dataclass(frozen=True)
class Returned:
    """A report about one mail: whether it failed for good, why, and the Message-ID of what came back, if it is there."""

    failed: bool
    reason: str
    message_id: str


def read(message: Message) -> Returned | None:
    """The report in a message; None when there is none, or when it says that all went well."""
    fields = _status_fields(message)
    actions = {action.strip().lower() for action, *_rest in fields}
    if not actions & {"failed", "delayed"}:
        return None
    action, status, said = next(row for row in fields if row[0].strip().lower() in ("failed", "delayed"))
    reason = statuses.text_of(f"{status.strip()} {said.partition(';')[2] or said}")[:LONGEST_REASON]
    failed = action.strip().lower() == "failed" and not status.strip().startswith("4")
    return Returned(failed, reason.strip(), _returned_id(message))


def _status_fields(message: Message) -> list[tuple[str, str, str]]:
    """(action, status, diagnostic code) of each recipient in the report."""
    found = []
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.get_payload() if part.is_multipart() else []:
            if isinstance(block, Message) and block["Action"]:
                found.append((str(block["Action"]), str(block["Status"] or ""), str(block["Diagnostic-Code"] or "")))
    return found


def _returned_id(message: Message) -> str:
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and part.is_multipart():
            returned = part.get_payload(0)
            if isinstance(returned, Message) and returned["Message-ID"]:
                return str(returned["Message-ID"]).strip()
        elif kind == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            text = payload.decode("latin-1") if isinstance(payload, bytes) else ""
            for line in text.splitlines():
                name, _colon, value = line.partition(":")
                if name.strip().lower() == "message-id":
                    return value.strip()
    return ""


def note(returned: Returned, mail_id: int | None) -> bool:
    """Note on a row of the outbox that its mail came back. Whether there is such a row.

    It is found by the address that the report came to, else by the Message-ID: 128 random bits that only its reader and
    the servers on its way have seen. A report that it is late leaves the row sent, with why it is late.
    """
    mail = _mail(returned, mail_id)
    if mail is None or not mail.attempts:
        return False
    if not returned.failed:
        mail.reason = mail.reason if mail.state is MailState.BOUNCED else returned.reason
        return True
    if mail.state in (MailState.SENT, MailState.QUEUED):  # queued: its sender has not noted yet that it left
        mail.state, mail.reason = MailState.BOUNCED, returned.reason
    if statuses.speaks_of_the_address(returned.reason):
        suppress(mail.recipient, returned.reason)
    return True


def _mail(returned: Returned, mail_id: int | None) -> Mail | None:
    if mail_id is None and returned.message_id:
        mail_id = db.session.scalar(select(Mail.id).where(Mail.message_id == returned.message_id).limit(1))
    found: Mail | None = locked(Mail, mail_id) if mail_id is not None else None
    return found
