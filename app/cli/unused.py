"""Accounts that nobody has used for years are erased, in the way of whoever asks for it. Amounts stay for the books."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy import ColumnElement, exists, func, or_, select

from app.accounts.models import Person
from app.auctions.models import Auction, Bidder, Lot, LotEvent, Pledge
from app.cli import privacy
from app.core.clock import now
from app.core.database import db
from app.events.forgetting import NOBODY
from app.events.models import Event, Registration
from app.payments.models import Invoice

MOST = 20  # an hour: an erasure reads every text of the house


def sweep() -> None:
    """Erase some of them. While people may bid it waits: on SQLite the file is written anew, and all others wait for it."""
    if db.session.scalar(select(_bidding())):
        return
    emails = unused(now() - current_app.config["KERMESSE"].accounts_kept)
    db.session.rollback()
    privacy.erase_all(emails)


def unused(before: datetime) -> list[str]:
    """The addresses of some of those who did nothing since: no sign-in, bid, pledge, invoice, and no event that they registered for.
    Who has a role is looked after by the administrators."""
    bidder = exists().where(Bidder.person_id == Person.id)
    kept: list[ColumnElement[bool]] = [
        func.coalesce(Person.seen_at, Person.created_at) >= before,
        Person.roles.any(),
        exists().where(Registration.person_id == Person.id, Registration.event_id == Event.id, Event.ends_at >= before),
        exists().where(Invoice.person_id == Person.id, or_(Invoice.created_at >= before, Invoice.paid_at >= before)),
        bidder.where(or_(Bidder.terms_accepted_at >= before, _theirs(LotEvent, LotEvent.at >= before))),
        bidder.where(_theirs(Pledge, Pledge.created_at >= before)),
    ]
    query = select(Person.email).where(Person.email.not_like(f"%@{NOBODY}"))
    return list(db.session.scalars(query.where(~or_(*kept)).order_by(Person.id).limit(MOST)))


def _theirs(model: type[LotEvent | Pledge], late: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(model.bidder_id == Bidder.id, late)


def _bidding() -> ColumnElement[bool]:
    return exists().where(Lot.settled_at.is_(None), Lot.auction_id == Auction.id, Auction.opens_at <= now())
