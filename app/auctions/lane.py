"""The quick lane: bids of people whom the house knows already, decided together by one writer.

A first bid takes the way of every form: Flask, with all its checks. What it learned about the visitor holds for the next
bids that come with the very same headers and form token, for some minutes: these go to the writer at once, which asks the
database under the lot's lock whether the person may still bid. What is unusual goes to the page as ever. In a crowded hall
that is some hundred bids a second more. See docs/decisions/0009-bids-together.md.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl

import structlog
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from app.accounts.models import Person
from app.auctions import answers, queries
from app.auctions.services import BidOutcome, BidRequest, place_bids
from app.core.database import db
from app.core.gathering import Gathering
from app.core.money import NotAnAmount, parse_amount
from app.core.transactions import atomic, retried
from app.web.headers import COMMON

ADDRESS = re.compile(r"/auctions/([a-z0-9-]{1,80})/lots/([1-9][0-9]{0,8})/bids")
NOTES = "kermesse.bid"  # in the environ: what the lane and the view tell each other
log = structlog.get_logger()
FIELDS = {"csrf_token", "operation", "amount", "confirmed"}
LARGEST = 4000
KNOWN_S = 300.0
MOST_KNOWN = 10_000
OPERATION = re.compile(r"[!-~]{8,64}")
Answer = tuple[int, list[tuple[str, str]], bytes]


@dataclass
class Notes:
    """What the page may use (`outcome`: the bid was decided already), and what it tells (`visitor`: who bid)."""

    outcome: BidOutcome | None = None
    visitor: Visitor | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whom the house let bid. `session` is what a session names a person by."""

    session: str
    language: str


@dataclass(frozen=True, slots=True)
class Order:
    """A bid on its way to the writer."""

    slug: str
    number: int
    session: str
    amount: str = field(repr=False)
    operation: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """What the writer says: the amount as it was read, in minor units of the currency, and what became of it."""

    currency: str
    amount: int = field(repr=False)
    outcome: BidOutcome


class NotHere(Exception):
    """This bid needs the page: nothing was decided."""


class Lane:
    """Bids that need no page."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._known: OrderedDict[Any, tuple[float, Visitor]] = OrderedDict()
        self._writer = Gathering[Order, Decided](self._decide)

    def wants(self, scope: Any) -> bool:
        return scope.method == "POST" and ADDRESS.fullmatch(scope.path) is not None

    async def serve(self, scope: Any, body: bytes, page: Callable[[dict[str, Any]], Awaitable[Answer]]) -> Answer:
        """Answer here, or let the page do it."""
        notes, fields = Notes(), _fields(scope, body)
        key = (_headers(scope), fields.get("csrf_token")) if fields else None
        visitor = self._recall(key) if key else None
        if visitor is not None and (order := _order(scope.path, fields, visitor)) is not None:
            try:
                decided = await asyncio.wrap_future(self._writer.ask(order))
            except Exception as fault:  # the page tries again, and its faults are told as every page's
                log.info("a bid goes to the page", fault=type(fault).__name__)
            else:
                answer = self._answer(scope, visitor, decided)
                if answer is not None:
                    return answer
                notes.outcome = decided.outcome
        answer = await page({NOTES: notes})
        if notes.visitor is not None and key is not None:
            self._known[key] = monotonic() + KNOWN_S, notes.visitor
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return answer

    def _recall(self, key: Any) -> Visitor | None:
        until, visitor = self._known.get(key, (0.0, None))
        return visitor if monotonic() < until else None

    def _answer(self, scope: Any, visitor: Visitor, decided: Decided) -> Answer | None:
        """The whole answer; None where a page has to say it."""
        if "application/json" in scope.headers.get("accept", ""):
            with self.app.app_context(), force_locale(visitor.language):
                content, status = answers.for_script(decided.currency, decided.amount, decided.outcome)
            return status, [*HEADERS, ("content-type", "application/json")], json.dumps(content).encode()
        if decided.outcome.reason is not None:
            return None
        lot = scope.path.removesuffix("bids")
        return 303, [*HEADERS, ("location", f"{lot}?bid={decided.outcome.seq}")], b""

    def _decide(self, orders: Sequence[Order]) -> list[Decided | Exception]:
        """Everything that waits, a transaction a lot; in the writer's thread."""
        found: dict[Order, Decided | Exception] = {}
        with self.app.app_context():
            for lot in {(order.slug, order.number): None for order in orders}:
                of_lot = [order for order in orders if (order.slug, order.number) == lot]
                found |= retried(lambda of_lot=of_lot: _place(of_lot))  # type: ignore[misc]
            db.session.remove()
        return [found[order] for order in orders]


def _place(orders: Sequence[Order]) -> dict[Order, Decided | Exception]:
    """Bids on one lot, in one transaction."""
    with atomic():
        lot = queries.public_lot(orders[0].slug, orders[0].number)
        query = select(Person.fs_uniquifier, Person.id).where(
            Person.fs_uniquifier.in_({order.session for order in orders}), Person.active
        )
        people = {row[0]: row[1] for row in db.session.execute(query)}
        asked: dict[Order, BidRequest] = {}
        for order in orders:
            person = people.get(order.session)
            amount = _amount(order.amount, lot[1]) if lot else None
            if person is not None and amount is not None:
                asked[order] = BidRequest(
                    person_id=person, amount=amount, operation=order.operation, confirmed=order.confirmed
                )
        outcomes = place_bids(lot[0], list(asked.values())) if lot and asked else []
    told: dict[Order, Decided | Exception] = dict.fromkeys(orders, NotHere())
    for (order, request), outcome in zip(asked.items(), outcomes, strict=True):
        if isinstance(outcome, BidOutcome) and lot is not None:
            told[order] = Decided(lot[1], request.amount, outcome)
    return told


def _amount(text: str, currency: str) -> int | None:
    try:
        return parse_amount(text, currency)
    except NotAnAmount:
        return None


HEADERS = [*((name.lower(), value) for name, value in COMMON.items()), ("cache-control", "no-store")]


def _headers(scope: Any) -> Any:
    """Everything by which two requests of one visitor could differ, but for what is sent."""
    return tuple(sorted((name, value) for name, value in scope.headers.items() if name != "content-length"))


def _fields(scope: Any, body: bytes) -> dict[str, str]:
    """The form, if it is a plain one that the lane can read; else nothing."""
    if scope.headers.get("content-type") not in PLAIN or not 0 < len(body) <= LARGEST or not body.isascii():
        return {}
    pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True)
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) and fields.keys() <= FIELDS else {}


PLAIN = ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded;charset=UTF-8")


def _order(path: str, fields: dict[str, str], visitor: Visitor) -> Order | None:
    found = ADDRESS.fullmatch(path)
    operation, amount = fields.get("operation", ""), fields.get("amount", "")
    if found is None or not OPERATION.fullmatch(operation) or not amount:
        return None
    confirmed = fields.get("confirmed", "") not in ("", "false")
    return Order(found[1], int(found[2]), visitor.session, amount, operation, confirmed)
