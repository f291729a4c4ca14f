"""Mails about second chances, and about what a void after the closing changed."""

from __future__ import annotations

from flask import current_app
from flask_babel import gettext as _

from app.auctions.models import Award, Lot
from app.auctions.notices import lot_link, send


def offered(award: Award) -> None:
    """The lot can be theirs: until when, at what price, and where to answer."""
    lot = award.lot
    send(
        award.bidder_id,
        f"offer:{award.id}",
        "auction_offer",
        lambda: _("“%(title)s” can be yours after all", title=lot.title),
        auction=lot.auction,
        lot=lot,
        award=award,
        link=f"{current_app.config['KERMESSE'].base_url}/auctions/{lot.auction.slug}/lots/{lot.number}/offer/",
    )


def forfeited(award: Award) -> None:
    """No payment came: the lot goes on, and they owe nothing for it."""
    lot = award.lot
    send(
        award.bidder_id,
        f"forfeited:{award.id}",
        "auction_forfeited",
        lambda: _("“%(title)s” goes to somebody else", title=lot.title),
        auction=lot.auction,
        lot=lot,
        award=award,
        link=lot_link(lot.auction, lot),
    )


def settled_anew(lot: Lot, bidder_id: int, reason: str, *, outcome: str, amount: int | None = None) -> None:
    """A bid on a closed lot was voided. `outcome` for this bidder: lost (the lot is no longer theirs), price (it is, at
    `amount`), no_offer and cheaper_offer (the same of a lot that they are offered) or none (nothing else changes)."""
    send(
        bidder_id,
        f"settled-anew:{lot.id}:{lot.last_seq}:{bidder_id}",
        "auction_settled_anew",
        lambda: _("A bid on “%(title)s” was voided", title=lot.title),
        auction=lot.auction,
        lot=lot,
        reason=reason,
        outcome=outcome,
        amount=amount,
        link=lot_link(lot.auction, lot),
    )
