"""A lot's log from a file to its states, so that anybody can check a lot ("Replay as a command" in `auction-rules.md`).

Pure: `replay` takes the decoded JSON document and gives the lines to print. Amounts are in minor units, times ISO 8601
in UTC. Accepted events, bids and voids alike, are numbered from 1; the "seq" of a void in the input is the number of
the bid that it voids.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from app.auctions import rules

# The largest whole number that every reader of JSON holds exactly.
LARGEST = 2**53 - 1

# Narrower than `fromisoformat`, which takes week dates and whatever follows a NUL, and more with each Python.
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|\+00:00)", re.ASCII)

Line: TypeAlias = dict[str, Any]


class ReplayError(ValueError):
    """The document does not follow the format; the message names the place and what was expected there."""


@dataclass(frozen=True, slots=True)
class VoidRequest:
    """A void that asks to be accepted."""

    target: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ExtensionRequest:
    """An extension that asks to be accepted."""

    scheduled_end: datetime
    at: datetime


Request: TypeAlias = rules.Offer | VoidRequest | ExtensionRequest


@dataclass(frozen=True, slots=True)
class Document:
    """A document that follows the format: the lot's terms, and what was asked of it in order."""

    currency: str
    terms: rules.LotTerms
    requests: tuple[Request, ...]


def replay(document: object) -> Iterator[Line]:
    """One line an event, accepted or refused, with the state after it; ReplayError at once for a malformed document."""
    parsed = parse(document)
    return _lines(parsed.terms, parsed.requests)


def parse(document: object) -> Document:
    """Read a decoded JSON document. Unknown keys are passed over; "reserve" and "exact" may be left out.

    Raises ReplayError, and nothing else, for whatever does not follow the format.
    """
    top = _object(document, "document")
    currency = _text(top, "currency")
    if not re.fullmatch("[A-Z]{3}", currency):
        raise ReplayError("currency: expected three capital letters, such as CHF")
    try:
        terms = rules.LotTerms(
            start=_whole(top, "start"),
            unit=_whole(top, "unit"),
            reserve=None if top.get("reserve") is None else _whole(top, "reserve"),
            increments=_increments(top),
            scheduled_end=_time(top, "scheduled_end"),
        )
    except ReplayError:
        raise
    except ValueError as problem:
        raise ReplayError(f"document: {problem}") from None
    events = enumerate(_list(top, "events"))
    return Document(currency, terms, tuple(_request(item, f"events[{index}]") for index, item in events))


def _lines(terms: rules.LotTerms, requests: tuple[Request, ...]) -> Iterator[Line]:
    state, log = rules.empty(terms), list[rules.Event]()
    for request in requests:
        if isinstance(request, VoidRequest):
            decision = rules.decide_void(terms, state, log, request.target, request.at)
        elif isinstance(request, ExtensionRequest):
            decision = rules.decide_extension(state, request.scheduled_end, request.at)
        else:
            decision = rules.decide_bid(terms, state, request)
        reason = decision.reason.value if isinstance(decision, rules.Refused) else None
        if isinstance(decision, rules.Accepted):
            log.append(decision.event)
            state = decision.state
        yield {
            "seq": state.last_seq if reason is None else None,
            "accepted": reason is None,
            "reason": reason,
            "leader": state.leader,
            "price": state.price,
            "next_minimum": rules.next_minimum(terms, state),
            "reserve_met": rules.reserve_met(terms, state),
            "closes_at": state.closes_at.isoformat().replace("+00:00", "Z"),
        }


def _request(item: object, where: str) -> Request:
    event = _object(item, where)
    kind = _text(event, "kind", where)
    if kind == "void":
        target = _whole(event, "seq", where)
        if target < 1:
            raise ReplayError(f"{where}.seq: expected a number from 1 on")
        return VoidRequest(target, _time(event, "at", where))
    if kind == "extend":
        return ExtensionRequest(_time(event, "scheduled_end", where), _time(event, "at", where))
    if kind != "bid":
        raise ReplayError(f'{where}.kind: expected "bid", "void" or "extend"')
    bidder, exact = _text(event, "bidder", where), event.get("exact", False)
    if not bidder:
        raise ReplayError(f"{where}.bidder: expected a name, found an empty text")
    if not isinstance(exact, bool):
        raise ReplayError(f"{where}.exact: expected true or false")
    return rules.Offer(bidder=bidder, amount=_whole(event, "amount", where), at=_time(event, "at", where), exact=exact)


def _increments(top: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    rows = []
    for index, row in enumerate(_list(top, "increments")):
        where = f"increments[{index}]"
        if not isinstance(row, list) or len(row) != 2:
            raise ReplayError(f"{where}: expected a pair, such as [2000, 200]")
        rows.append((_in_range(row[0], f"{where}[0]"), _in_range(row[1], f"{where}[1]")))
    return tuple(rows)


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ReplayError(f"{where}: expected an object")
    return value


def _field(source: dict[str, Any], key: str, where: str) -> tuple[Any, str]:
    path = f"{where}.{key}" if where else key
    if key not in source:
        raise ReplayError(f"{path}: missing")
    return source[key], path


def _list(source: dict[str, Any], key: str, where: str = "") -> list[Any]:
    value, path = _field(source, key, where)
    if not isinstance(value, list):
        raise ReplayError(f"{path}: expected a list")
    return value


def _text(source: dict[str, Any], key: str, where: str = "") -> str:
    value, path = _field(source, key, where)
    if not isinstance(value, str):
        raise ReplayError(f"{path}: expected a text")
    return value


def _whole(source: dict[str, Any], key: str, where: str = "") -> int:
    return _in_range(*_field(source, key, where))


def _in_range(value: object, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ReplayError(f"{path}: expected a whole number")
    if abs(value) > LARGEST:
        raise ReplayError(f"{path}: the number is too large")
    return value


def _time(source: dict[str, Any], key: str, where: str = "") -> datetime:
    text, path = _field(source, key, where)
    try:
        moment = datetime.fromisoformat(text) if UTC_TIME.fullmatch(text) else None
    except (TypeError, ValueError):
        moment = None
    if moment is None:
        raise ReplayError(f"{path}: expected a time in UTC, such as 2026-03-08T20:00:00Z")
    if not 1970 <= moment.year <= 9998:
        raise ReplayError(f"{path}: expected a year from 1970 to 9998")
    return moment
