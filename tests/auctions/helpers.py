"""Auctions for the tests, hung without files: artworks with every consent and a derivative."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import make_transient

from app.accounts.models import Person
from app.accounts.services import find_or_create
from app.auctions import lots, preparation, services
from app.auctions.models import Auction, Bidder, Lot, LotEvent
from app.core.clock import now
from app.core.database import db
from app.core.mail import Mail, words_of
from app.core.transactions import atomic
from app.galleries.models import Artwork, ArtworkImage, Assent, Consent, Gallery, Scope
from app.partners.services import create_partner
from tests.steady import steady

_numbers = count(1)


def hang(titles: Sequence[str], scopes: Sequence[Scope] = tuple(Scope)) -> list[int]:
    """Artworks that may be seen and auctioned; returns their ids."""
    at = now()
    with atomic():
        gallery = Gallery(slug=f"gallery-{next(_numbers)}", title="Our mothers", published=True, created_at=at)
        made = []
        for number, title in enumerate(titles, 1):
            artwork = Artwork(
                gallery=gallery, number=number, title=title, artist="Lia", age_band="11–13", caption=f"Words on {title}",
                alt=f"A drawing: {title}", original="private/aa/x.png", digest=f"{number:064}", width=800, height=600,
                reviewed_at=at, created_at=at,
            )  # fmt: skip
            artwork.consents = [
                Consent(scope=scope, text_version="1", guardian="Somebody", given_at=at) for scope in scopes
            ]
            artwork.assents = [Assent(given_at=at)]
            artwork.derivatives = [
                ArtworkImage(format="jpeg", width=480, height=360, key=f"public/aa/aa{next(_numbers)}.jpeg")
            ]
            db.session.add(artwork)
            made.append(artwork)
        db.session.flush()
        return [artwork.id for artwork in made]


def make_auction(
    lots_wanted: int = 1, *, start: int = 1000, minutes: float = 60, published: bool = True, **values: Any
) -> Auction:
    """A saved auction that opened an hour ago and closes in some minutes, with lots 1, 2, …"""
    at = now().replace(microsecond=0)
    with atomic():
        partner = create_partner(name="Passerelle", kind="ngo")
        facts: dict[str, Any] = {
            "title": "A hammer for Passerelle", "opens_at": at - timedelta(hours=1),
            "closes_at": at + timedelta(minutes=minutes), "beneficiary_id": partner.id, "published": published,
        }  # fmt: skip
        auction = preparation.create_auction(**(facts | values))
    if lots_wanted:
        artworks = hang([f"Picture {number}" for number in range(1, lots_wanted + 1)])
        with atomic():
            preparation.add_lots(auction.id, artworks, start)
    return auction


def lot_of(auction: Auction, number: int = 1) -> Lot:
    """A lot, freshly read."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Lot).where(Lot.auction_id == auction.id, Lot.number == number)).one()


def bid(lot: Lot, person: Person, francs: int, operation: str | None = None, **values: Any) -> services.BidOutcome:
    """A bid by the service, with its terms accepted and its amount confirmed."""
    sure: dict[str, Any] = {"terms_accepted": True, "confirmed": True}
    with atomic():
        operation = operation or f"operation-{next(_numbers)}"
        return services.place_bid(lot.id, person.id, francs * 100, operation, **sure | values)


def people(number: int) -> list[int]:
    """Ids of that many people with names and addresses of their own."""
    with atomic():
        made = [find_or_create(f"bidder{index}@home.example", f"Bidder {index}") for index in range(number)]
    return [person.id for person in made]


def events(lot: Lot) -> list[LotEvent]:
    """The lot's log, freshly read."""
    db.session.rollback()
    return lots.log_of(lot.id)


def mails(key: str = "", to: str = "") -> list[Mail]:
    """What is in the outbox, oldest first, with the words that it is sent with."""
    db.session.rollback()
    rows = db.session.scalars(select(Mail).order_by(Mail.id))
    found = [mail for mail in rows if mail.key.startswith(key) and to in mail.recipient]
    for mail in found:
        words = words_of(mail)
        make_transient(mail)
        mail.subject, mail.text, mail.html = words["subject"], words["text"], words["html"]
    return found


def document(lot: Lot) -> dict[str, Any]:
    """The lot's log in the format of `flask auctions replay`, paddles for bidders and whole seconds as the oracle asks."""
    paddles = {bidder.id: str(bidder.paddle) for bidder in db.session.scalars(select(Bidder))}

    def iso(at: datetime) -> str:
        return at.replace(microsecond=0).isoformat().replace("+00:00", "Z")

    asked: list[dict[str, Any]] = []
    for row in events(lot):
        if row.voids_seq is not None:
            asked.append({"kind": "void", "seq": row.voids_seq, "at": iso(row.at)})
        elif row.scheduled_end is not None:
            asked.append({"kind": "extend", "scheduled_end": iso(row.scheduled_end), "at": iso(row.at)})
        else:
            entry = {"kind": "bid", "bidder": paddles[row.bidder_id or 0], "amount": row.amount, "at": iso(row.at)}
            asked.append(entry | {"exact": row.exact})
    return {
        "currency": lot.auction.currency, "start": lot.start, "unit": lot.auction.unit, "reserve": lot.reserve,
        "increments": json.loads(lot.auction.increments), "scheduled_end": iso(lot.first_end or lot.scheduled_end),
        "events": asked,
    }  # fmt: skip


def amounts_in(text: str) -> str:
    """A page or a mail without what may hold any digits by chance. Amounts stand in it without separators."""
    return re.sub(r"[,’'\u00a0\u202f]", "", steady(text))
