"""The demo's auctions: the evening of 2006, closed and paid, and this year's, running; a small one keeps cards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.auctions import pledges, preparation, services, settlement
from app.auctions.models import Auction, Award, lot_artwork
from app.cli.demo import people, pictures, programme
from app.cli.demo.texts import AUCTION_TERMS, BIDDERS, CAMPAIGN_2006, GALLERY_2006, GALLERY_NOW, THINGS
from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic, locked
from app.galleries.models import Artwork
from app.ledger.models import Account
from app.ledger.queries import proceeds
from app.ledger.services import pay_out
from app.payments.models import Invoice, InvoiceStatus
from app.payments.services import due, record_cash

TITLE_2006 = "Auction for International Women’s Day 2006"
OPENS_2006, CLOSES_2006 = datetime(2006, 3, 6, 8, tzinfo=UTC), datetime(2006, 3, 8, 19, tzinfo=UTC)
START = 1000
TITLE_CARD, CARD_LOTS = "Two more pictures, with a card kept", 2


def title_now() -> str:
    """The running auction's title."""
    return f"Pictures on the move: the auction of {now().year}"


def auction(title: str) -> Auction | None:
    """An auction of the demo, by its title."""
    return db.session.scalar(select(Auction).where(Auction.title == title))


def complete() -> bool:
    """Whether this stage stands."""
    return (
        auction(TITLE_2006) is not None
        and db.session.scalar(select(Auction.id).where(Auction.title.startswith("Pictures on the move: the auction")))
        is not None
    )


def seed() -> None:
    """Make what is missing."""
    if auction(TITLE_2006) is None:
        _past()
    if not complete():
        _with_card()
        _running()


def _make(
    title: str, summary: str, campaign: str, gallery: str, opens: datetime, closes: datetime, most: int = 0, **more: Any
) -> list[int]:  # fmt: skip
    """An auction of the gallery's works that are no lot yet, the last ones first where it takes `most` of them."""
    parent, hung = programme.campaign(campaign), pictures.gallery(gallery)
    assert hung is not None
    with atomic():
        made = preparation.create_auction(
            title=title, summary=summary, terms=AUCTION_TERMS, opens_at=opens, closes_at=closes,
            campaign_id=parent.id if parent else None, beneficiary_id=people.partner("passerelle-femmes").id, published=True,
            **more,
        )  # fmt: skip
        return [lot.id for lot in preparation.add_lots(made.id, _free(hung.id)[-most:], START)]


def _free(gallery_id: int) -> list[int]:
    """A gallery's works that are no lot yet, by number."""
    taken = select(lot_artwork.c.artwork_id)
    query = select(Artwork.id).where(Artwork.gallery_id == gallery_id, Artwork.id.not_in(taken))
    return list(db.session.scalars(query.order_by(Artwork.number)))


def _bid(lot_id: int, bidder: int, francs: int, at: datetime) -> None:
    email = BIDDERS[bidder % len(BIDDERS)][0]
    with travel(at), atomic():
        services.place_bid(
            lot_id, people.person(email).id, francs * 100, f"demo-{lot_id}-{bidder}-{francs}", terms_accepted=True
        )


def _past() -> None:
    with travel(programme.WINTER_2006):
        lots = _make(
            TITLE_2006,
            "Colleagues and parents bid for the pupils’ pictures. Everything went to women and children new in Geneva.",
            CAMPAIGN_2006["title"], GALLERY_2006["title"], OPENS_2006, CLOSES_2006,
        )  # fmt: skip
    for index, lot_id in enumerate(lots):
        for step in range(2 + index % 4):
            at = OPENS_2006 + timedelta(hours=5 + 7 * step, minutes=11 * index)
            _bid(lot_id, index + step, 12 + 9 * step + (index * 7) % 45, at)
    with travel(CLOSES_2006 + timedelta(minutes=1)):
        for lot_id in lots:
            with atomic():
                settlement.close_lot(lot_id)
        for bidder_id in db.session.scalars(select(Award.bidder_id).distinct().order_by(Award.bidder_id)).all():
            with atomic():
                settlement.invoice_bidder(bidder_id)
    with travel(CLOSES_2006 + timedelta(hours=1)):
        helper = people.person("helper@kermesse.example").id
        for invoice_id in db.session.scalars(select(Invoice.id).where(Invoice.status == InvoiceStatus.OPEN)).all():
            with atomic():
                found = db.session.get_one(Invoice, invoice_id)
                record_cash(invoice_id, due(found), f"demo-cash-{invoice_id}", helper)
        for award_id in db.session.scalars(select(Award.id)).all():
            with atomic():
                settlement.hand_over(award_id, helper)
    with travel(CLOSES_2006 + timedelta(days=9)), atomic():
        made = auction(TITLE_2006)
        assert made is not None
        pay_out(
            made.beneficiary_id, "auction", made.id, proceeds("auction", made.id).still_held, source=Account.BANK,
            operation="demo-2006", memo="Transfer to the association", actor_id=people.person("treasurer@kermesse.example").id,
        )  # fmt: skip


def _with_card() -> None:
    """Where a visitor may try the option: nobody has bid yet. Not when few pictures are drawn."""
    hung = pictures.gallery(GALLERY_NOW["title"])
    if auction(TITLE_CARD) is not None or hung is None or len(_free(hung.id)) <= 3 * CARD_LOTS:
        return
    opens = now() - timedelta(days=2)
    with travel(opens):
        _make(
            TITLE_CARD,
            "Here bidders leave a card before their first bid, and who wins pays with it by one button.",
            programme.this_season()["title"], GALLERY_NOW["title"], opens, _evening(7), CARD_LOTS,
            card_required=True, card_charge_days=14,
        )  # fmt: skip


def _running() -> None:
    opens, closes = now() - timedelta(days=6), _evening(8)
    with travel(opens):
        lots = _make(
            title_now(),
            "Every picture of this year’s exhibition. Bid from where you stand; the last two minutes decide.",
            programme.this_season()["title"], GALLERY_NOW["title"], opens, closes,
        )  # fmt: skip
        lots += _things()
    for index, lot_id in enumerate(lots):
        for step in range((index * 3) % 5):
            _bid(
                lot_id,
                index + step,
                12 + 8 * step + (index * 5) % 30,
                opens + timedelta(hours=9 + 20 * step, minutes=17 * index),
            )
    _pledges(opens)


def _things() -> list[int]:
    """What colleagues gave besides the pictures."""
    made = auction(title_now())
    assert made is not None
    with atomic():
        return [
            preparation.add_thing(made.id, title=title, description=words, given_by=giver, start=START).id
            for title, words, giver in THINGS
        ]


def _pledges(opens: datetime) -> None:
    """What people promised besides their bids."""
    made = auction(title_now())
    assert made is not None
    with atomic():
        row = locked(Auction, made.id)
        row.need_title, row.need_goal = "A winter of language mornings", 150_000
        row.need_text = (
            "One hundred francs pay a teacher and a room for one morning. Fifteen mornings carry us to spring."
        )
    for number, (email, *_rest) in enumerate(BIDDERS[:4]):
        with travel(opens + timedelta(days=1 + number)), atomic():
            pledges.pledge(
                made.id,
                people.person(email).id,
                (50, 20, 100, 40)[number] * 100,
                f"demo-pledge-{number}",
                terms_accepted=True,
            )


def _evening(days: int) -> datetime:
    return (now() + timedelta(days=days)).replace(hour=19, minute=0, second=0, microsecond=0)
