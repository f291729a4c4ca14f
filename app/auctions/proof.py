"""What anybody may check: the public log, a bidder's receipts, and why a price is what it is, in plain words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from app.auctions import answers, lots
from app.auctions.models import Auction, Bidder, EventKind, Lot, LotEvent
from app.auctions.outcomes import BidOutcome
from app.core.database import db
from app.web import formats


def public_log(found: Auction) -> Iterator[str]:
    """The lines of every lot that ever had a bid, in order, each starting with the terms: those of a withdrawn lot stay, as
    every receipt does. No maximum of a leader stands in them.

    The reason of a void comes after the hash of its line, since the words could name somebody: see `chain.py`.
    """
    rows = db.session.execute(
        select(Lot, LotEvent.line, LotEvent.reason).join(LotEvent, LotEvent.lot_id == Lot.id)
        .where(Lot.auction_id == found.id).order_by(Lot.number, LotEvent.seq)
    )  # fmt: skip
    for lot, log in groupby(rows, key=lambda row: row[0]):
        yield lots.chain_of(found, lot, lots.terms_of(found, lot)).first().text
        for _lot, line, reason in log:
            yield f'{line[:-1]},"reason":{json.dumps(reason)}}}' if reason else line


@dataclass(frozen=True)
class Receipt:
    """One bid of the viewer's own: where it stands in the public log, and what opens its commitment. Theirs alone."""

    lot: int
    title: str
    seq: int
    amount: int = field(repr=False)
    price: int
    led: bool
    hash: str
    salt: str = field(repr=False)
    exact: bool

    def words(self, currency: str, *, leads: bool, needed: int) -> tuple[str, str]:
        """(words, kind) on the page after the bid, which may have been overtaken since."""
        outcome = BidOutcome(None, leads=leads, price=self.price, next_minimum=needed)
        return answers.accepted(currency, outcome)


def receipts(found: Auction, number: int | None = None, seq: int | None = None) -> list[Receipt]:
    """The viewer's own bids in an auction, the newest first; of one lot, or the one bid."""
    if not current_user.is_authenticated:
        return []
    query = (
        select(LotEvent, Lot).join(Lot, Lot.id == LotEvent.lot_id).join(Bidder, Bidder.id == LotEvent.bidder_id)
        .where(Lot.auction_id == found.id, Bidder.person_id == current_user.id, LotEvent.kind == EventKind.BID)
    )  # fmt: skip
    if number is not None:
        query = query.where(Lot.number == number)
    if seq is not None:
        query = query.where(LotEvent.seq == seq)
    return [
        Receipt(
            lot.number, lot.title, row.seq, row.amount or 0, row.price or 0, row.leader_id == row.bidder_id, row.hash,
            lots.chain_of(found, lot, lots.terms_of(found, lot)).salt(row.seq), row.exact,
        )
        for row, lot in db.session.execute(query.order_by(LotEvent.id.desc()).limit(500))
    ]  # fmt: skip


def why(line: str, currency: str) -> str:
    """Why the price is what it is after an event, from the event's public line; empty for a line without a price."""
    told = json.loads(line) if line else {}
    if told.get("price") is None:
        return ""
    return _reserve(told, currency) or _rule(told, currency)


def _reserve(told: dict[str, Any], currency: str) -> str:
    if not told.get("why", {}).get("reserve"):
        return ""
    return _(
        "The leader's promise reaches the reserve, so the price is the reserve: %(price)s.",
        price=formats.amount(told["price"], currency),
    )


def _rule(told: dict[str, Any], currency: str) -> str:
    def money(amount: int) -> str:
        return formats.amount(amount, currency)

    kind, because, price = told["kind"], told.get("why", {}), money(told["price"])
    if kind == "void":
        return _("A bid was taken out, and what is left was counted anew: %(price)s.", price=price)
    if kind == "extend":
        return _("More time changes no price: %(price)s.", price=price)
    if "exact" in told and because["rule"] in ("first", "over"):
        return _("Called in the room: a bid from the floor counts as called, %(price)s.", price=price)
    if because["rule"] == "first":
        return _("The first bid: the price is the starting price, %(price)s.", price=price)
    if because["rule"] == "raise":
        return _("The leader raised their own maximum. That moves no price: %(price)s.", price=price)
    over = because["rule"] == "over"
    met = because["beaten"] if over else because["bid"]
    facts = {"met": money(met), "step": money(because["step"]), "price": price, "paddle": told["paddle"]}
    if told["price"] == met + because["step"]:
        if over:
            return _("The leader before would have paid %(met)s. One step of %(step)s more makes %(price)s.", **facts)
        return _(
            "Paddle %(paddle)s bid %(met)s. The leader had promised more and pays one step of %(step)s above it: %(price)s.",
            **facts,
        )
    if over:
        return _("The leader before would have paid %(met)s. Less than a whole step above it: %(price)s.", **facts)
    return _("Paddle %(paddle)s bid %(met)s. The leader had promised as much or more: %(price)s.", **facts)
