"""Tickets: a short text in a QR code that proves a registration at the door and opens nothing else.

The text is `K1.<registration>.<key>`. The key is made from the secret of the registration's page in one direction only:
who sees a ticket cannot get to the page. A device at the door holds the SHA-256 of each text: it recognises a ticket
without network, and cannot make one (2^58 trials for each). See docs/decisions/0013-door.md.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache
from typing import Any

import segno
from markupsafe import Markup

from app.core.ids import CODE_ALPHABET
from app.events.models import EventStatus, Registration

MARK = "K1"
KEY_LENGTH = 12
_TEXT = re.compile(rf"{MARK}\.([1-9][0-9]{{0,9}})\.([{CODE_ALPHABET}]{{{KEY_LENGTH}}})")


def ticket_key(registration: Registration) -> str:
    """The twelve letters that prove this registration."""
    return _key(registration.token)


def _key(secret: str) -> str:
    number = int.from_bytes(hmac.digest(secret.encode(), b"kermesse ticket 1", "sha256"), "big")
    letters = []
    for _place in range(KEY_LENGTH):
        number, letter = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[letter])
    return "".join(letters)


def ticket_text(registration: Registration) -> str:
    """What the QR code says."""
    return f"{MARK}.{registration.id}.{ticket_key(registration)}"


@lru_cache(maxsize=20_000)
def hash_of(registration_id: int, secret: str) -> str:
    """By what a device knows a ticket again: 64 hexadecimal digits. `secret` is the registration's token."""
    return hashlib.sha256(f"{MARK}.{registration_id}.{_key(secret)}".encode()).hexdigest()


def short(registration: Registration) -> str:
    """What somebody can type or read out: `57 ABCD EFGH JKLM`."""
    key = ticket_key(registration)
    return " ".join([str(registration.id), *(key[at : at + 4] for at in range(0, KEY_LENGTH, 4))])


def read_code(typed: str) -> tuple[int, str] | None:
    """(registration's id, key) of a ticket's text, scanned or typed with or without its mark, spaces and points."""
    parts = re.sub(r"[\s.·-]+", ".", typed.strip().upper()).split(".")
    if parts[:1] == [MARK]:
        parts = parts[1:]
    found = _TEXT.fullmatch(f"{MARK}.{parts[0]}.{''.join(parts[1:])}")
    return (int(found[1]), found[2]) if found and int(found[1]) < 2**31 else None


def proves(registration: Registration, key: str) -> bool:
    """Whether the key is this registration's."""
    return hmac.compare_digest(ticket_key(registration).encode(), key.encode())


def has_ticket(registration: Registration) -> bool:
    """Whether there are seats to come to, in a room."""
    off = registration.event.status is EventStatus.CANCELLED
    return registration.seated > 0 and not registration.sits_online and not off


def code_svg(registration: Registration, **options: Any) -> Markup:
    """The QR code as SVG, for a page or a document."""
    made = segno.make(ticket_text(registration), error="m", micro=False, boost_error=False, version=2)
    svg: str = made.svg_inline(**{"border": 3, "dark": "#1D1B22", "light": "#FFFFFF", "omitsize": True, **options})
    return Markup(svg)  # noqa: S704  drawn by segno from letters of ours
