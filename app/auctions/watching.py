"""Lots that somebody keeps an eye on, and the page of one's own lots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import selectinload

from app.accounts.models import Person
from app.auctions import lot_pages, notices, phases, standings
from app.auctions.lot_pages import LotView
from app.auctions.models import Auction, Bidder, Lot, LotStatus, Watch
from app.auctions.phases import Standing
from app.core.clock import now
from app.core.database import db
from app.core.mail import queue_letters
from app.core.registry import Letter
from app.core.transactions import atomic

SOON = timedelta(hours=1)
CLOSING = "closing"


def watch(lot_id: int, person_id: int) -> None:
    """Keep an eye on a lot; again changes nothing."""
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    row = insert(Watch).values(person_id=person_id, lot_id=lot_id, created_at=now())
    db.session.execute(row.on_conflict_do_nothing())  # two touches may come at once


def unwatch(lot_id: int, person_id: int) -> None:
    """Let it go."""
    db.session.execute(delete(Watch).where(Watch.person_id == person_id, Watch.lot_id == lot_id))


def watches(lot_id: int) -> bool:
    """Whether the viewer watches a lot."""
    return current_user.is_authenticated and db.session.get(Watch, (current_user.id, lot_id)) is not None


@dataclass(frozen=True)
class Own:
    """A lot that concerns the viewer: as it stands, how they stand on it, and what keeps them in (minor units)."""

    view: LotView
    standing: Standing
    needed: int
    watched: bool


def own_lots(found: Auction) -> list[Own]:
    """The lots that the viewer bid on or watches: first where something is to be done."""
    shown = standings.standings(found)
    watched = set(
        db.session.scalars(select(Watch.lot_id).join(Lot, Lot.id == Watch.lot_id)
        .where(Watch.person_id == current_user.id, Lot.auction_id == found.id))
    )  # fmt: skip
    rows = [
        Own(view, standing, needed, view.lot.id in watched)
        for view in lot_pages.lot_views(found)
        if view.lot.id in watched or view.lot.number in shown
        for standing, needed in [shown.get(view.lot.number, (Standing.NONE, view.needed))]
    ]
    order = [Standing.OUTBID, Standing.WON, Standing.LEADING, Standing.NONE]
    return sorted(rows, key=lambda row: (order.index(row.standing), row.view.lot.number))


def remind() -> None:
    """An hour before a lot closes those who watch it are told, once; whoever leads it knows already."""
    with atomic():
        at = now()
        leading = select(Bidder.person_id).where(Bidder.id == Lot.leader_id).scalar_subquery()
        query = (
            select(Watch.person_id, Watch.lot_id, Person.email, Person.locale, leading)
            .join(Person, Person.id == Watch.person_id).join(Lot, Lot.id == Watch.lot_id).join(Lot.auction)
            .where(Watch.told_at.is_(None), Person.active, Auction.published, Lot.status == LotStatus.OPEN)
            .where(Lot.settled_at.is_(None), Lot.closes_at > at, Lot.closes_at <= at + SOON).limit(500)
        )  # fmt: skip
        due = db.session.execute(query).all()
        for person_id, lot_id, *_rest in due:
            told = update(Watch).where(Watch.person_id == person_id, Watch.lot_id == lot_id).values(told_at=at)
            db.session.execute(told)
        letters = [
            (f"closing:{lot_id}:{person_id}", email, locale, {"lot_id": lot_id})
            for person_id, lot_id, email, locale, leader in due
            if leader != person_id
        ]
        queue_letters(CLOSING, letters)


def closing_letter(facts: Mapping[str, Any]) -> Letter:
    """The words for somebody whose lot closes soon."""
    lot = db.session.get_one(Lot, facts["lot_id"], options=[selectinload(Lot.artworks)])
    title = phases.public_title(lot)
    context = {"auction": lot.auction, "lot": lot, "title": title, "link": notices.lot_link(lot.auction, lot)}
    return Letter("auction_closing", _("“%(title)s” closes soon", title=title), context)
