"""Addresses that only we can make, so that what is sent to them can be believed: `events+r17-<mac>@example.org`.

Whoever writes to one was told it by us: a From line proves nothing, but this address was only in one mail. It is in lower
case alone, because some servers on the way fold it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import NamedTuple

from flask import current_app

MAC_LENGTH = 20  # of 5 bits each: 100 bits
_SIGNED = re.compile(rf"[^@+\s]+\+(?P<kind>[a-z])(?P<number>[0-9]{{1,10}})-(?P<mac>[a-z2-7]{{{MAC_LENGTH}}})@[^@\s]+")


class Signed(NamedTuple):
    """What an address of ours is about: a kind of row and its number."""

    kind: str
    number: int


def signed(kind: str, number: int) -> str:
    """The address at which we hear about a row. Empty when there is no MAIL_IN, so that nobody reads what is sent there."""
    local, at, domain = str(current_app.config["KERMESSE"]["MAIL_IN"]).rpartition("@")
    return f"{local}+{kind}{number}-{_mac(kind, number)}@{domain}" if at else ""


def read_signed(address: str) -> Signed | None:
    """What an address is about, if we made it; None for every other, also for one that was changed."""
    found = _SIGNED.fullmatch(address.strip().strip("<>").lower())
    if found is None:
        return None
    read = Signed(found["kind"], int(found["number"]))
    return read if hmac.compare_digest(found["mac"], _mac(*read)) else None


def _mac(kind: str, number: int) -> str:
    key = str(current_app.secret_key).encode()
    digest = hmac.new(key, f"mail-in:{kind}:{number}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:MAC_LENGTH]
