"""Notices to phones: outbid, won, closes soon. They follow the mails, so a bid costs nothing more (docs/decisions/0010-push.md).

When the worker takes up a mail of these kinds, it asks for its twin in the same transaction: a job, which sends the notice
to every browser of the reader and words it by how the lot stands then. What no longer holds is not sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import selectinload

from app.accounts.models import Person
from app.auctions import lots, phases, rules
from app.auctions.models import Award, AwardStatus, Lot, PushSubscription
from app.auctions.phases import Phase
from app.core import webpush
from app.core.clock import now
from app.core.database import db
from app.core.jobs import enqueue
from app.core.mail import Mail
from app.core.transactions import atomic
from app.core.webpush import Outcome, Target
from app.web.formats import amount, when

SEND = "auctions.push"
MOST = 5  # browsers of one person: what one notice costs stays bounded
TRIES = 5
KEPT = timedelta(days=365)
DAY = timedelta(days=1)
KEPT_KEYS = ("person_id", "p256dh", "auth", "created_at")


@dataclass(frozen=True)
class Notice:
    """What a phone shows. `until`: when it is of no use any more."""

    lot: Lot
    title: str
    body: str
    until: datetime


def subscribe(person_id: int, target: Target) -> None:
    """Let a browser be told. Whoever signs in there later takes it over; a person's oldest go when there are too many.

    Raises webpush.BadTarget.
    """
    webpush.check(target)
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    row = insert(PushSubscription).values(
        person_id=person_id, endpoint=target.endpoint, p256dh=target.p256dh, auth=target.auth, created_at=now()
    )
    known = {name: row.excluded[name] for name in KEPT_KEYS}
    db.session.execute(row.on_conflict_do_update(index_elements=["endpoint"], set_=known))
    newest = select(PushSubscription.id).where(PushSubscription.person_id == person_id)
    newest = newest.order_by(PushSubscription.created_at.desc(), PushSubscription.id.desc()).limit(MOST)
    kept = db.session.scalars(newest).all()
    mine = PushSubscription.person_id == person_id
    db.session.execute(delete(PushSubscription).where(mine, PushSubscription.id.not_in(kept)))


def unsubscribe(person_id: int, *, subscription_id: int = 0, endpoint: str = "") -> None:
    """Tell one of a person's own browsers nothing any more; again changes nothing."""
    which = PushSubscription.endpoint == endpoint if endpoint else PushSubscription.id == subscription_id
    db.session.execute(delete(PushSubscription).where(PushSubscription.person_id == person_id, which))


def browsers_of(person_id: int) -> list[PushSubscription]:
    """A person's browsers, the newest first."""
    query = select(PushSubscription).where(PushSubscription.person_id == person_id)
    return list(db.session.scalars(query.order_by(PushSubscription.created_at.desc(), PushSubscription.id.desc())))


def forget_old() -> None:
    """A year after somebody asked for it, a browser is forgotten."""
    with atomic():
        db.session.execute(delete(PushSubscription).where(PushSubscription.created_at < now() - KEPT))


# After the mail, its twin


def follow(mails: Sequence[Mail]) -> None:
    """Ask for the twins of mails that are about to be sent; in the transaction that takes them up."""
    query = select(Person.email, Person.id).join(PushSubscription, PushSubscription.person_id == Person.id)
    told = db.session.execute(query.where(Person.email.in_({mail.recipient for mail in mails})).distinct())
    readers = {row.email: row.id for row in told}
    for mail in mails:
        kind, number = mail.key.split(":")[:2]
        if mail.recipient in readers and number.isdigit():
            enqueue(SEND, mail.key, notice=kind, about=int(number), person_id=readers[mail.recipient], twin=mail.key)


def send(payload: Mapping[str, Any]) -> None:
    """Send one notice to the browsers of one person; what did not go through is tried again, a few times."""
    person = db.session.get(Person, payload["person_id"])
    if person is None or not person.active:
        return
    with force_locale(person.locale):
        notice = WORDS[payload["notice"]](payload["about"], person.id)
        message = _message(notice, person.locale) if notice else b""
    asked = payload.get("to")  # again: only those whom it did not reach
    rows = [row for row in browsers_of(person.id) if asked is None or row.id in asked]
    if notice is None or not rows:
        return
    targets = {row.id: Target(row.endpoint, row.p256dh, row.auth) for row in rows}
    lot_id, left_s = notice.lot.id, int((notice.until - now()).total_seconds())
    db.session.rollback()  # nothing stays open while the network is slow
    outcomes = webpush.send(list(targets.values()), message, topic=f"lot-{lot_id}", ttl=max(60, left_s))
    _note(payload, dict(zip(targets, outcomes, strict=True)))


def _note(payload: Mapping[str, Any], outcomes: Mapping[int, Outcome]) -> None:
    tried = payload.get("tried", 0) + 1
    gone = {number for number, outcome in outcomes.items() if outcome is Outcome.GONE}
    left = {number for number, outcome in outcomes.items() if outcome in (Outcome.LATER, Outcome.REFUSED)}
    if tried >= TRIES:  # a service that keeps refusing us will not change its mind; one that is down comes back
        gone |= {number for number in left if outcomes[number] is Outcome.REFUSED}
        left = set()
    if not gone and not left:
        return
    with atomic():
        db.session.execute(delete(PushSubscription).where(PushSubscription.id.in_(gone)))
        if left:
            again = dict(payload) | {"to": sorted(left), "tried": tried}
            enqueue(SEND, payload["twin"], now() + timedelta(seconds=5 * 2**tried), **again)


# The words


def _message(notice: Notice, locale: str) -> bytes:
    lot = notice.lot
    found = {
        "title": notice.title,
        "body": notice.body,
        "url": f"/auctions/{lot.auction.slug}/lots/{lot.number}/",
        "tag": f"lot-{lot.id}",
        "lang": locale,
    }
    return json.dumps(found, ensure_ascii=False).encode()


def _lot(lot_id: int) -> Lot | None:
    return db.session.get(Lot, lot_id, options=[selectinload(Lot.artworks)])


def _title(lot: Lot) -> str:
    """A locked screen is read by anybody: a title that names the child stays off it, as one without consent does."""
    names = {word for artwork in lot.artworks for word in artwork.artist.casefold().split() if len(word) > 1}
    if any(name in lot.title.casefold() for name in names):
        return phases.title_of(lot, hidden=True)
    return phases.public_title(lot)


def _open(lot: Lot | None) -> bool:
    return lot is not None and phases.phase(lot.auction, lot, now()) in (Phase.OPEN, Phase.PAUSED)


def _outbid(lot_id: int, person_id: int) -> Notice | None:
    lot = _lot(lot_id)
    if lot is None or not _open(lot) or lot.leader is None or lot.leader.person_id == person_id:
        return None
    auction = lot.auction
    needed = rules.next_minimum(lots.terms_of(auction, lot), lots.state_of(lot))  # of anybody: tells no maximum
    body = _(
        "“%(title)s” is at %(price)s. %(needed)s keeps you in.",
        title=_title(lot), price=amount(lot.price or 0, auction.currency), needed=amount(needed, auction.currency),
    )  # fmt: skip
    return Notice(lot, _("Somebody bid more"), body, lot.closes_at)


def _closing(lot_id: int, person_id: int) -> Notice | None:
    lot = _lot(lot_id)
    if lot is None or not _open(lot) or (lot.leader is not None and lot.leader.person_id == person_id):
        return None
    auction = lot.auction
    price = amount(lot.price if lot.price is not None else lot.start, auction.currency)
    body = _("Now at %(price)s. It closes on %(time)s.", price=price, time=when(lot.closes_at, auction.timezone))
    return Notice(lot, _("“%(title)s” closes soon", title=_title(lot)), body, lot.closes_at)


def _won(award_id: int, person_id: int) -> Notice | None:
    award = db.session.get(Award, award_id)
    if award is None or award.status is not AwardStatus.ACTIVE or award.bidder.person_id != person_id:
        return None
    lot = award.lot
    body = _("You won it for %(amount)s. Thank you!", amount=amount(award.amount, lot.auction.currency))
    return Notice(lot, _("“%(title)s” is yours", title=_title(lot)), body, now() + DAY)


WORDS: dict[str, Callable[[int, int], Notice | None]] = {"outbid": _outbid, "closing": _closing, "won": _won}
