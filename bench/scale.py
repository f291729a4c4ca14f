"""`SCALE=large`: 100,000 people, a million bids and 50,000 artworks are there before anything is measured.

One gallery and one lot are made as in daily use and then copied by the database.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

from sqlalchemy import String, cast, insert, literal, select, text, update
from sqlalchemy.orm import aliased

from app.accounts.models import Person
from app.auctions import lots, rules
from app.auctions.models import Bidder, EventKind, Lot, LotEvent
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.galleries.models import Artwork, ArtworkImage, Assent, Consent, Gallery
from tests.auctions.helpers import hang, lot_of, make_auction

LARGE = os.environ.get("SCALE") == "large"
PEOPLE, GALLERIES, IN_GALLERY, LOTS, BIDS = 100_000, 500, 100, 1_000, 1_000
BIDDERS, LOG = 100, 10_000
STEP = 250  # francs between two bids: an increment at any price that is reached here


def fill() -> None:
    """Everything. Some ten seconds on SQLite, more on PostgreSQL."""
    _people()
    _artworks()
    _bids()
    if db.engine.dialect.name == "postgresql":  # as autovacuum would have done meanwhile
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def past(lot: Lot) -> int:
    """Give a lot of a large database a long log; returns how many bids it has."""
    if not LARGE:
        return 0
    with atomic():
        war(lot, _bidders(lot.auction_id), LOG)
    return LOG


def war(lot: Lot, bidders: Sequence[int], number: int) -> None:
    """That many accepted bids on a lot, a step apart, decided by the rules and written at once; inside `atomic`."""
    terms, state, rows = lots.terms_of(lot.auction, lot), lots.state_of(lot), []
    for turn, bidder in enumerate(islice(cycle(bidders), number)):
        offer = rules.Offer(bidder=bidder, amount=(20 + turn * STEP) * 100, at=now(), confirmed=True)
        decision = rules.decide_bid(terms, state, offer)
        if isinstance(decision, rules.Refused):
            raise RuntimeError(f"bid {turn} of the past was refused: {decision.reason}")
        state = decision.state
        rows.append(
            {
                "lot_id": lot.id, "seq": state.last_seq, "kind": EventKind.BID, "bidder_id": bidder, "amount": offer.amount,
                "exact": False, "at": offer.at, "operation": f"past-{turn:06}", "price": state.price,
                "leader_id": state.leader, "closes_at": state.closes_at,
            }
        )  # fmt: skip
    db.session.execute(insert(LotEvent), rows)
    lot.auction.frozen_at = now()
    lots.keep(lot, state)


def _people() -> None:
    at = now()
    rows = [
        {
            "email": f"past{index}@home.example",
            "name": f"Past {index}",
            "fs_uniquifier": f"past-{index}",
            "created_at": at,
        }
        for index in range(PEOPLE)
    ]
    with atomic():
        db.session.execute(insert(Person), rows)


def _artworks() -> None:
    at = now()
    first = db.session.get_one(Artwork, hang([f"Past {number}" for number in range(IN_GALLERY)])[0]).gallery_id
    model, copy = aliased(Artwork), aliased(Artwork)
    with atomic():
        names = [
            {"slug": f"past-{number}", "title": "Past", "published": True, "created_at": at}
            for number in range(GALLERIES)
        ]
        db.session.execute(insert(Gallery), names)
        query = (
            select(Artwork, Gallery.id).join(Gallery, Gallery.slug.like("past-%")).where(Artwork.gallery_id == first)
        )
        _copy(Artwork, query, gallery_id=Gallery.id)
        pairs = (model.gallery_id == first) & (copy.gallery_id != first) & (copy.number == model.number)
        for part in (Consent, Assent, ArtworkImage):
            query = select(part, copy.id).join(model, model.id == part.artwork_id).join(copy, pairs)
            key = {"key": literal("public/past/") + cast(copy.id, String) + ".jpeg"} if part is ArtworkImage else {}
            _copy(part, query, artwork_id=copy.id, **key)


def _bids() -> None:
    auction = make_auction(1)
    with atomic():
        lot = lot_of(auction)
        war(lot, _bidders(auction.id), BIDS)
        db.session.flush()
        like = {column.key: getattr(lot, column.key) for column in Lot.__table__.columns if column.key != "id"}
        numbers = range(2, LOTS + 1)
        db.session.execute(insert(Lot), [like | {"number": number, "code": f"P{number:06}"} for number in numbers])
        to_others = (Lot.auction_id == auction.id) & (Lot.id != lot.id)
        others = select(LotEvent, Lot.id).join(Lot, to_others).where(LotEvent.lot_id == lot.id)
        _copy(LotEvent, others, lot_id=Lot.id)
        db.session.execute(update(Lot).where(Lot.auction_id == auction.id).values(settled_at=now()))


def _bidders(auction_id: int) -> Sequence[int]:
    """Some of the people of the past, with paddles beyond those that will be given."""
    at = now()
    persons = db.session.scalars(select(Person.id).where(Person.email.like("past%")).limit(BIDDERS))
    facts = [
        {"auction_id": auction_id, "person_id": person, "paddle": 1_000_000 + index, "terms_accepted_at": at}
        for index, person in enumerate(persons)
    ]
    db.session.execute(insert(Bidder), facts)
    return db.session.scalars(select(Bidder.id).where(Bidder.auction_id == auction_id)).all()


def _copy(model: Any, query: Any, **changed: Any) -> None:
    """Insert what the query finds of the model, with some columns from elsewhere."""
    columns = [column for column in model.__table__.columns if column.key != "id"]
    chosen = [changed.get(column.key, column) for column in columns]
    db.session.execute(insert(model).from_select([column.key for column in columns], query.with_only_columns(*chosen)))
