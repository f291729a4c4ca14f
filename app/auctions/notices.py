"""Mails of an auction, written in the transaction that causes them, in the reader's language."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import lazyload

from app.accounts.models import Person
from app.auctions.models import Auction, Award, Bidder, Lot
from app.core.database import db
from app.core.mail import queue_mail


def lot_link(auction: Auction, lot: Lot) -> str:
    """The lot's page."""
    return f"{current_app.config['KERMESSE'].base_url}/auctions/{auction.slug}/lots/{lot.number}/"


def _send(bidder_id: int, key: str, template: str, subject: Any, **context: Any) -> None:
    # One statement, without roles: a bid holds the lot's lock while it tells whom it outbid.
    query = (
        select(Person)
        .join(Bidder, Bidder.person_id == Person.id)
        .where(Bidder.id == bidder_id)
        .options(lazyload(Person.roles))
    )
    person = db.session.scalars(query).one()
    if not person.active:
        return
    with force_locale(person.locale):
        text = subject()
    queue_mail(key, person.email, template, text, locale=person.locale, person=person, **context)


def outbid(auction: Auction, lot: Lot, bidder_id: int, needed: int) -> None:
    """Somebody bid more: the number that keeps them in."""
    _send(
        bidder_id,
        f"outbid:{lot.id}:{lot.last_seq}",
        "auction_outbid",
        lambda: _("Somebody bid more for “%(title)s”", title=lot.title),
        auction=auction,
        lot=lot,
        needed=needed,
        link=lot_link(auction, lot),
    )


def voided(auction: Auction, lot: Lot, bidder_id: int, reason: str, *, leads: bool) -> None:
    """A bid was voided and this bidder's standing may have changed."""
    _send(
        bidder_id,
        f"voided:{lot.id}:{lot.last_seq}:{bidder_id}",
        "auction_voided",
        lambda: _("A bid on “%(title)s” was voided", title=lot.title),
        auction=auction,
        lot=lot,
        reason=reason,
        leads=leads,
        link=lot_link(auction, lot),
    )


def won(award: Award) -> None:
    """The lot is theirs; the invoice follows when the auction is over."""
    auction, lot = award.lot.auction, award.lot
    _send(
        award.bidder_id,
        f"won:{award.id}",
        "auction_won",
        lambda: _("“%(title)s” is yours", title=lot.title),
        auction=auction,
        lot=lot,
        award=award,
        link=lot_link(auction, lot),
    )
