"""A mail of the outbox as it goes over the wire (RFC 5322), and the server that it is given to.

A calendar file stands twice: as the last alternative of the text, where calendars look for it (RFC 6047: `text/calendar`
with its method), and as an attachment for programs that show only those.
"""

from __future__ import annotations

import json
import smtplib
import ssl
from collections.abc import Mapping
from email import encoders
from email.message import Message
from email.mime.nonmultipart import MIMENonMultipart
from typing import Any
from urllib.parse import unquote, urlsplit

from email_validator import validate_email
from flask import current_app
from flask_mailman import EmailMultiAlternatives
from flask_mailman.backends.smtp import EmailBackend

from app.core import addresses

CALENDAR = "text/calendar"
BOUNCE = "b"  # the kind of the addresses that mails come back to
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class _Letter(EmailMultiAlternatives):
    """A mail whose calendar is one more way to read it."""

    calendar: Mapping[str, str] | None = None

    def message(self) -> Message:
        built: Message = super().message()
        if self.calendar is not None:
            ways = next(part for part in built.walk() if part.get_content_type() == "multipart/alternative")
            ways.attach(calendar_part(self.calendar))
        return built


def calendar_part(file: Mapping[str, str]) -> Message:
    """A calendar in base64: its lines are kept to the byte. The method is not quoted, as some readers want it."""
    part = MIMENonMultipart("text", "calendar")
    method = file["type"].partition("method=")[2] or "PUBLISH"
    part.replace_header("Content-Type", f'{CALENDAR}; charset="utf-8"; method={method}')
    part.set_payload(file["content"].encode())
    encoders.encode_base64(part)
    return part


def build(mail: Any, words: Mapping[str, str], backend: EmailBackend) -> EmailMultiAlternatives:
    """The message of a row of the outbox. What cannot be delivered comes back to an address that names the row."""
    sender = current_app.config["KERMESSE"]["MAIL_FROM"]
    message = _Letter(
        subject=words["subject"],
        body=words["text"],
        from_email=addresses.signed(BOUNCE, mail.id) or sender,
        to=[on_the_wire(mail.recipient)],
        headers={"From": sender, "Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
        connection=backend,
    )
    message.attach_alternative(words["html"], "text/html")
    for file in json.loads(mail.files):
        if file["type"].startswith(CALENDAR):
            message.calendar = file
            message.attach(file["name"], file["content"].encode(), "application/ics")
        else:
            message.attach(file["name"], file["content"], file["type"])
    return message


def on_the_wire(address: str) -> str:
    """An address as servers read it. The older rules that Python knows by itself (IDNA 2003) would send what is for
    `straße.example` to `strasse.example`, which may be somebody else's. Raises ValueError."""
    if address.isascii():
        return address
    return str(validate_email(address, check_deliverability=False, test_environment=True).ascii_email)


class _Smtp(smtplib.SMTP):
    """Believes a server only by its certificate; by itself smtplib takes any."""

    def starttls(self, *_how: Any, **_more: Any) -> tuple[int, bytes]:
        return super().starttls(context=ssl.create_default_context())


class _Backend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return smtplib.SMTP_SSL if self.use_ssl else _Smtp


def server() -> EmailBackend | None:
    """The SMTP connection of SMTP_URL; None in development without one, where the mail viewer is the destination.

    A password goes to another computer only after STARTTLS: a server that does not offer it gets neither it nor a mail.
    """
    url = urlsplit(current_app.config["KERMESSE"]["SMTP_URL"])
    if not url.hostname:
        return None
    return _Backend(
        host=url.hostname,
        port=url.port or (465 if url.scheme == "smtps" else 25),
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
        use_tls=url.scheme == "smtp" and bool(url.password) and url.hostname not in LOOPBACK,
        use_ssl=url.scheme == "smtps",
        timeout=20,
    )
