"""What comes in by mail: answers of calendars, and mails that came back. `flask mail-in` reads one message.

A message is believed only for the address that it was sent to (`addresses.signed`), never for whom it says it is from. What
cannot be read or believed changes nothing. Nothing that it says goes into a log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses
from enum import StrEnum
from typing import Any, TypeVar

import structlog

from app.core import addresses, bounces
from app.core.message import BOUNCE
from app.core.registry import registry

LARGEST = 5_000_000  # octets
MOST_PARTS = 100
LONGEST_HEADER = 10_000  # characters; what reads headers takes quadratic time
NAMING = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
log = structlog.get_logger()
Found = TypeVar("Found")


class Outcome(StrEnum):
    """What a message did. `nothing`: it changed nothing, and that is as it should be."""

    DONE = "done"
    NOTHING = "nothing"
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too large"


@dataclass(frozen=True)
class Heard:
    """A message that was understood: the kind and number of the address that it came to, and what it says."""

    kind: str
    number: int | None
    says: Any


def hear(raw: bytes, recipients: Iterable[str] = ()) -> Heard | Outcome:
    """What a message says, or why it says nothing. Outside of any transaction: reading what others wrote takes time.

    `recipients` are those of the envelope, if they are known.
    """
    if len(raw) > LARGEST:
        return _told(Outcome.TOO_LARGE, "")
    message = _tried(lambda: _parsed(raw))
    if message is None:
        return _told(Outcome.UNREADABLE, "")
    signed = next(filter(None, map(addresses.read_signed, _addressed(message, recipients))), None)
    kind, number = signed or ("", None)
    if kind in registry().inbound:
        says = _tried(lambda: registry().inbound[kind].read(message))
        return Heard(kind, number, says) if says is not None else _told(Outcome.NOTHING, kind)
    returned = _tried(lambda: bounces.read(message))
    if returned is not None:
        return Heard(BOUNCE, number, returned)
    return _told(Outcome.NOTHING if signed is not None else Outcome.UNKNOWN, kind)


def act(heard: Heard) -> Outcome:
    """Do what a message says, in the current transaction."""
    if heard.kind == BOUNCE:
        return _told(Outcome.DONE if bounces.note(heard.says, heard.number) else Outcome.UNKNOWN, BOUNCE)
    return _told(Outcome(registry().inbound[heard.kind].act(heard.number or 0, heard.says)), heard.kind)


def _told(outcome: Outcome, kind: str) -> Outcome:
    log.info("a message was read", outcome=outcome.value, kind=kind)
    return outcome


def _parsed(raw: bytes) -> Message | None:
    """The message, unless it is made to keep its reader busy."""
    if raw.lower().count(b"boundary=") > MOST_PARTS:
        return None
    message = BytesParser().parsebytes(raw)
    long = any(len(str(value)) > LONGEST_HEADER for part in parts(message) for value in part.values())
    return None if long else message


def _addressed(message: Message, recipients: Iterable[str]) -> Iterator[str]:
    yield from recipients
    named = _tried(lambda: [str(value) for name in NAMING for value in message.get_all(name, [])])
    yield from (address for _name, address in _tried(lambda: getaddresses(named or [])) or ())


def parts(message: Message) -> Iterator[Message]:
    """The parts of a message, those in parts too; not more than a mail can sensibly have."""
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            return
        yield part


def text_of(part: Message) -> str:
    """A part as text, whatever it says about its own letters."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    for charset in (part.get_content_charset() or "utf-8", "utf-8"):
        try:
            return payload.decode(charset)
        except (LookupError, ValueError):
            continue
    return payload.decode("latin-1")


def _tried(read: Callable[[], Found]) -> Found | None:
    """What others wrote, read; None when that fails in whatever way, for a message can be anything."""
    try:
        return read()
    except (Exception, RecursionError) as fault:
        log.info("a message could not be read", fault=type(fault).__name__)
        return None
