"""What mail servers say (RFC 3463 and RFC 5321): whether a no is for good, and whether it speaks of the address. Pure."""

from __future__ import annotations

import re

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_BASIC = re.compile(r"^\s*(?:smtp;\s*)?([245]\d\d)\b", re.IGNORECASE)
# Detail of class 5 that says that the address itself is no good: unknown, moved, disabled, a domain that takes no mail.
# Not: a full mailbox (2.2), too large (2.3, 3.4), what the mail holds (6.x), a policy or a list of senders (7.x).
_OF_ADDRESS = {(0, 0), (1, 0), (1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 0), (2, 1), (4, 1), (4, 4)}
_OF_ADDRESS_BASIC = {550, 551, 553}


def text_of(said: bytes | str) -> str:
    """A server's words as one line."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def enhanced(text: str) -> tuple[int, int, int] | None:
    """The first enhanced status code in a text."""
    found = _ENHANCED.search(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def speaks_of_the_address(text: str) -> bool:
    """Whether a refusal means that no mail to the address can ever arrive."""
    code = enhanced(text)
    if code is not None:
        return code[0] == 5 and code[1:] in _OF_ADDRESS
    basic = _BASIC.match(text)
    return basic is not None and int(basic[1]) in _OF_ADDRESS_BASIC
