"""Mails of an auction, written in the transaction that causes them, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import lazyload, selectinload

from app.accounts.models import Person
from app.auctions import phases
from app.auctions.models import Auction, Award, Bidder, Lot
from app.core.database import db
from app.core.mail import queue_letters, queue_mail
from app.core.registry import Letter
from app.galleries import queries as galleries
from app.payments import queries as payments
from app.payments.models import Invoice

OUTBID, THANKS = "outbid", "thanks"


def lot_link(auction: Auction, lot: Lot) -> str:
    """The lot's page."""
    return f"{current_app.config['KERMESSE'].base_url}/auctions/{auction.slug}/lots/{lot.number}/"


def send(bidder_id: int, key: str, template: str, subject: Any, **context: Any) -> None:
    """Write a mail to a bidder, unless they are switched off; `subject` makes its words in their language."""
    # One statement, without roles: the lot's lock is held meanwhile.
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


@dataclass(frozen=True)
class Outbid:
    """Somebody lost the lead: the price then, and the number that keeps them in (minor units)."""

    bidder_id: int
    seq: int
    price: int
    needed: int


class Reader(NamedTuple):
    """Whom a mail goes to."""

    email: str
    locale: str
    active: bool


def outbid(lot: Lot, told: Sequence[Outbid], readers: Mapping[int, Reader]) -> None:
    """Tell those who were outbid. Only rows are written here, under the lot's lock; `outbid_letter` makes the words."""
    letters = [
        (
            f"outbid:{lot.id}:{one.seq}",
            to.email,
            to.locale,
            {"lot_id": lot.id, "price": one.price, "needed": one.needed},
        )
        for one in told
        if (to := readers[one.bidder_id]).active
    ]
    queue_letters(OUTBID, letters)


def outbid_letter(facts: Mapping[str, Any]) -> Letter:
    """The words for somebody who was outbid. The title goes with the picture when its consent is withdrawn."""
    lot = db.session.get_one(Lot, facts["lot_id"], options=[selectinload(Lot.artworks)])
    title = phases.public_title(lot)
    context = {"auction": lot.auction, "lot": lot, "title": title, "link": lot_link(lot.auction, lot), **facts}
    return Letter("auction_outbid", _("Somebody bid more for “%(title)s”", title=title), context)


def voided(auction: Auction, lot: Lot, bidder_id: int, reason: str, *, leads: bool) -> None:
    """A bid was voided and this bidder's standing may have changed."""
    send(
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
    send(
        award.bidder_id,
        f"won:{award.id}",
        "auction_won",
        lambda: _("“%(title)s” is yours", title=lot.title),
        auction=auction,
        lot=lot,
        award=award,
        link=lot_link(auction, lot),
    )


def thanks(award: Award) -> None:
    """The lots of an invoice are paid: one letter for all of them, with their pictures and what becomes of the money."""
    person, invoice = award.bidder.person, payments.invoice_of("lot", award.id)
    if person.active and invoice is not None:
        facts = {"bidder_id": award.bidder_id, "invoice_id": invoice.id}
        queue_letters(THANKS, [(f"thanks:{award.bidder_id}:{invoice.id}", person.email, person.locale, facts)])


def thanks_letter(facts: Mapping[str, Any]) -> Letter:
    """The words of thanks. A picture is fetched from our host, so that it goes when its consent is withdrawn."""
    invoice = db.session.get_one(Invoice, facts["invoice_id"])
    ids = [line.ref for line in invoice.lines if line.kind == "lot"]
    awards = list(db.session.scalars(select(Award).where(Award.id.in_(ids)).order_by(Award.id)))
    pictures = [_shown(award.lot) for award in awards]
    auction = awards[0].lot.auction
    context = {"auction": auction, "awards": list(zip(awards, pictures, strict=True)), "invoice": invoice}
    return Letter("auction_thanks", _("Thank you from %(name)s", name=auction.beneficiary.name), context)


def _shown(lot: Lot) -> tuple[str, str | None]:
    """Title and picture as far as they may be shown."""
    picture = next(filter(None, (galleries.mail_image_url(artwork.id) for artwork in lot.artworks)), None)
    return phases.public_title(lot), picture
