"""Reads about auctions: who sees what, and the data of each page. A leader's maximum leaves here only to its owner."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload, with_expression

from app.auctions import lots, needs, proof, rules
from app.auctions.models import Auction, Award, AwardStatus, Bidder, EventKind, Lot, LotEvent, LotStatus, lot_artwork
from app.core.clock import now
from app.core.database import db
from app.core.money import milestone
from app.galleries import queries as galleries
from app.galleries.models import Artwork
from app.ledger import queries as ledger
from app.ledger.queries import Statement
from app.payments import queries as payments
from app.web import formats
from app.web.access import has_role
from app.web.worded import facts_of

HISTORY = 50


class Phase(StrEnum):
    """Where a lot stands, for a page."""

    SOON = "soon"
    OPEN = "open"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Standing(StrEnum):
    """How a bidder stands on a lot."""

    NONE = "none"
    LEADING = "leading"
    OUTBID = "outbid"
    WON = "won"


def phase(auction: Auction, lot: Lot, at: datetime) -> Phase:
    """Where a lot stands at a moment."""
    if lot.status is LotStatus.WITHDRAWN:
        return Phase.WITHDRAWN
    if lots.held(auction, lot):
        return Phase.PAUSED
    if lot.settled_at is not None or at >= lot.closes_at:
        return Phase.CLOSED
    if at < auction.opens_at:
        return Phase.SOON
    return Phase.PAUSED if lot.status is LotStatus.PAUSED else Phase.OPEN


@dataclass(frozen=True)
class Hammer:
    """Who has a closed lot, by paddle, and at what price: a second chance is cheaper than the log's last price."""

    amount: int
    paddle: int


def hammers(*which: ColumnElement[bool]) -> dict[int, Hammer]:
    """By lot."""
    query = select(Award.lot_id, Award.amount, Bidder.paddle).join(Award.bidder).join(Award.lot)
    rows = db.session.execute(query.where(Award.status == AwardStatus.ACTIVE, *which))
    return {lot_id: Hammer(amount, paddle) for lot_id, amount, paddle in rows}


@dataclass(frozen=True)
class LotView:
    """A lot as a page shows it. Amounts are minor units; `needed` is the next minimum for anybody but the leader,
    `steps` begin with it."""

    lot: Lot
    auction: Auction
    phase: Phase
    price: int
    needed: int
    steps: list[int]
    reserve_met: bool | None
    picture: galleries.Picture | None
    artwork: Artwork | None  # the one that `picture` shows; None when none may be seen any more
    hammer: Hammer | None = None

    @property
    def facts(self) -> tuple[Hashable, ...]:
        """All that a stranger's page of it is made of."""
        auction, lot = self.auction, self.lot
        works = [row for artwork in lot.artworks for row in (artwork, artwork.theme, artwork.school)]
        rows = facts_of(auction, auction.beneficiary, auction.campaign, lot, *works)
        return rows, self.phase, self.hammer, self.picture

    @property
    def title(self) -> str:
        return title_of(self.lot, hidden=self.artwork is None)

    @property
    def waits(self) -> str:
        return waits_for(self.lot, self.phase)

    @property
    def href(self) -> str:
        return url_for("auctions.lot", slug=self.auction.slug, number=self.lot.number)

    @property
    def paddle(self) -> int | None:
        """Who has it, or leads: nobody on a lot that closed unsold."""
        if self.hammer is not None:
            return self.hammer.paddle
        return self.lot.leader.paddle if self.lot.leader is not None and self.lot.settled_at is None else None

    @property
    def sold(self) -> bool:
        if self.lot.settled_at is not None:
            return self.hammer is not None
        return self.phase is Phase.CLOSED and self.lot.price is not None and self.reserve_met is not False


def title_of(lot: Lot, *, hidden: bool) -> str:
    """The picture's title goes with the picture when its consent is withdrawn."""
    return _("Lot %(number)s", number=lot.number) if hidden and lot.artworks else lot.title


def _view(
    auction: Auction, lot: Lot, pictures: dict[int, galleries.Picture], at: datetime, hammer: Hammer | None
) -> LotView:
    terms, state = lots.terms_of(auction, lot), lots.state_of(lot)
    shown = next((artwork for artwork in lot.artworks if artwork.id in pictures), None)
    return LotView(
        lot=lot,
        auction=auction,
        phase=phase(auction, lot, at),
        price=hammer.amount if hammer else _price(lot),
        hammer=hammer,
        needed=rules.next_minimum(terms, state),
        steps=rules.steps(terms, state),
        reserve_met=rules.reserve_met(terms, state) if lot.reserve is not None else None,
        picture=pictures[shown.id] if shown is not None else None,
        artwork=shown,
    )


def _price(lot: Lot) -> int:
    """The price of a lot that nobody has bought: what its bids make, or the starting price. Unsold, bids make none."""
    return lot.start if lot.price is None or lot.settled_at is not None else lot.price


def visible_auctions() -> list[Auction]:
    """Published auctions (all of them for organisers): running, coming, past, of each the latest first."""
    query = select(Auction).options(joinedload(Auction.beneficiary), with_last_end())
    query = query.order_by(Auction.closes_at.desc())
    found = list(db.session.scalars(query if has_role("organiser") else query.where(Auction.published)))
    at = now()
    return sorted(found, key=lambda row: 2 if row.ends_at <= at else 1 if row.opens_at > at else 0)


def with_last_end() -> Any:
    """Load `Auction.ends_at` with the auction."""
    return with_expression(Auction.last_end, _last_end())


def not_over(at: datetime) -> ColumnElement[bool]:
    """Auctions that are running, or still to come."""
    return or_(Auction.closes_at > at, _last_end() > at)


def _last_end() -> Any:
    hangs = select(func.max(Lot.closes_at)).where(Lot.auction_id == Auction.id, Lot.settled_at.is_(None))
    return hangs.where(Lot.status != LotStatus.WITHDRAWN).correlate(Auction).scalar_subquery()


def auction(slug: str) -> Auction | None:
    """An auction that the viewer may see."""
    found = db.session.scalar(select(Auction).where(Auction.slug == slug).options(joinedload(Auction.beneficiary)))
    return found if found is not None and (found.published or has_role("organiser")) else None


def lot_views(found: Auction, limit: int | None = None, *, withdrawn: bool = False) -> list[LotView]:
    """The lots of an auction, in a fixed number of statements. Withdrawn lots hang only on managing pages."""
    query = select(Lot).where(Lot.auction_id == found.id)
    if not withdrawn:
        query = query.where(Lot.status != LotStatus.WITHDRAWN)
    query = query.options(joinedload(Lot.leader), selectinload(Lot.artworks)).order_by(Lot.number).limit(limit)
    return _views(list(db.session.scalars(query)), Lot.auction_id == found.id)


def _views(rows: list[Lot], which: ColumnElement[bool]) -> list[LotView]:
    pictures = galleries.pictures_for([artwork.id for lot in rows for artwork in lot.artworks])
    at, sold = now(), hammers(which)
    return [_view(lot.auction, lot, pictures, at, sold.get(lot.id)) for lot in rows]


def lot_view(slug: str, number: int) -> LotView | None:
    """One lot of an auction that the viewer may see."""
    lot = db.session.scalars(_one_lot(), {"slug": slug, "number": number}).unique().first()
    if lot is None or not (lot.auction.published or has_role("organiser")):
        return None
    pictures = galleries.pictures_for([artwork.id for artwork in lot.artworks])
    hammer = hammers(Lot.id == lot.id).get(lot.id) if lot.settled_at is not None else None
    return _view(lot.auction, lot, pictures, now(), hammer)


@cache
def _one_lot() -> Select[Lot]:
    """Built once: putting the statement together takes longer than running it."""
    query = select(Lot).join(Lot.auction).where(Auction.slug == bindparam("slug"), Lot.number == bindparam("number"))
    artworks = joinedload(Lot.artworks)
    return query.options(
        contains_eager(Lot.auction).joinedload(Auction.beneficiary),
        contains_eager(Lot.auction).joinedload(Auction.campaign),
        artworks.joinedload(Artwork.theme),
        artworks.joinedload(Artwork.school),
    )


def lot_to_bid_on(slug: str, number: int) -> tuple[int, str] | None:
    """(id, currency) of a lot that the viewer may see: all that a bid needs before its lock."""
    query = (
        select(Lot.id, Auction.currency, Auction.published).join(Lot.auction)
        .where(Auction.slug == slug, Lot.number == number)
    )  # fmt: skip
    row = db.session.execute(query).first()
    return (row[0], row[1]) if row is not None and (row[2] or has_role("organiser")) else None


def public_lot(slug: str, number: int) -> tuple[int, str] | None:
    """(id, currency) of a lot that anybody may see."""
    query = (
        select(Lot.id, Auction.currency).join(Lot.auction)
        .where(Auction.slug == slug, Lot.number == number, Auction.published)
    )  # fmt: skip
    row = db.session.execute(query).first()
    return (row[0], row[1]) if row is not None else None


def lot_by_code(code: str) -> tuple[str, int] | None:
    """Slug and number behind a label's code; codes are read without regard to case."""
    query = select(Auction.slug, Lot.number).join(Lot.auction).where(Lot.code == code.upper(), Auction.published)
    row = db.session.execute(query).first()
    return (row[0], row[1]) if row else None


@dataclass(frozen=True)
class Mine:
    """The viewer's own place on a lot. `maximum` and `needed` (their own next minimum) are theirs alone."""

    standing: Standing
    paddle: int | None = None
    maximum: int | None = None
    needed: int | None = None
    award: Award | None = None
    offer: Award | None = None  # the lot is offered to them, for some time
    invoice_token: str | None = None


def not_voided() -> ColumnElement[bool]:
    """Of the log's bids those that no void has removed. A void takes the later ones of its bidder along."""
    void, target = aliased(LotEvent), aliased(LotEvent)
    removed = (
        select(void.id).join(target, (target.lot_id == void.lot_id) & (target.seq == void.voids_seq))
        .where(void.lot_id == LotEvent.lot_id, void.bidder_id.is_(None), void.kind == EventKind.VOID)
        .where(void.seq > LotEvent.seq, target.seq <= LotEvent.seq, target.bidder_id == LotEvent.bidder_id)
    )  # fmt: skip
    return ~removed.exists()


def mine(view: LotView) -> Mine:
    """How the current user stands on a lot."""
    if not current_user.is_authenticated:
        return Mine(Standing.NONE)
    bidder = bidder_of(view.auction.id, current_user.id)
    if bidder is None:
        return Mine(Standing.NONE)
    lot = view.lot
    own = select(LotEvent.id).where(LotEvent.lot_id == lot.id, LotEvent.bidder_id == bidder.id, not_voided())
    if db.session.scalar(own.limit(1)) is None:
        return Mine(Standing.NONE, bidder.paddle)
    needed = rules.next_minimum(lots.terms_of(view.auction, lot), lots.state_of(lot), bidder.id)
    over = view.phase is Phase.CLOSED and lot.settled_at is not None
    if not over:
        leads = lot.leader_id == bidder.id
        return Mine(
            Standing.LEADING if leads else Standing.OUTBID, bidder.paddle, lot.maximum if leads else None, needed
        )
    award = db.session.scalar(
        select(Award)
        .where(Award.lot_id == lot.id, Award.bidder_id == bidder.id)
        .where(Award.status.in_((AwardStatus.ACTIVE, AwardStatus.OFFERED)))
    )
    if award is None:
        outbid = lot.leader_id != bidder.id
        return Mine(Standing.OUTBID if outbid else Standing.NONE, bidder.paddle, needed=needed if outbid else None)
    if award.status is AwardStatus.OFFERED:
        return Mine(Standing.OUTBID, bidder.paddle, offer=award)
    invoice = payments.invoice_of("lot", award.id)
    return Mine(Standing.WON, bidder.paddle, award=award, invoice_token=invoice.token if invoice else None)


def bidder_of(auction_id: int, person_id: int) -> Bidder | None:
    """The paddle of a person in an auction."""
    return db.session.scalar(select(Bidder).where(Bidder.auction_id == auction_id, Bidder.person_id == person_id))


@dataclass(frozen=True)
class Step:
    """One public line of a lot's history: the price after the event and the paddle that leads. Never a maximum."""

    seq: int
    kind: EventKind
    at: datetime
    paddle: int | None
    leader: int | None
    price: int | None
    closes_at: datetime
    reason: str | None
    line: str
    late_s: int | None

    @property
    def words(self) -> str:
        if self.kind is EventKind.VOID:
            return _("A bid was voided: %(reason)s", reason=self.reason)
        if self.kind is EventKind.EXTEND:
            return _("More time for everybody")
        return _("Paddle %(paddle)s", paddle=self.paddle)


def history(lot_id: int, limit: int | None = HISTORY) -> list[Step]:
    """The newest events of a lot first (all of them, oldest first, with limit None)."""
    bidder, leader = Bidder.__table__.alias("b"), Bidder.__table__.alias("l")
    query = (
        select(LotEvent, bidder.c.paddle, leader.c.paddle)
        .outerjoin(bidder, bidder.c.id == LotEvent.bidder_id)
        .outerjoin(leader, leader.c.id == LotEvent.leader_id)
        .where(LotEvent.lot_id == lot_id)
        .order_by(LotEvent.seq.desc() if limit else LotEvent.seq)
        .limit(limit)
    )
    return [
        Step(row.seq, row.kind, row.at, paddle, leads, row.price, row.closes_at, row.reason, row.line, row.late_s)
        for row, paddle, leads in db.session.execute(query)
    ]


def steps(found: Auction, number: int) -> list[dict[str, Any]]:
    """The newest lines of a lot's history as an open page adds them, newest first, in the current language."""
    lot_id = db.session.scalar(select(Lot.id).where(Lot.auction_id == found.id, Lot.number == number))
    return [
        {
            "seq": step.seq,
            "words": step.words,
            "leads": step.paddle is not None and step.leader == step.paddle,
            "at": formats.iso(step.at),
            "at_text": formats.stamp(step.at, found.timezone),
            "price_text": formats.amount(step.price, found.currency) if step.price is not None else "–",
            "why": proof.why(step.line, found.currency),
        }
        for step in history(lot_id or 0)
    ]


def turns_at(found: Auction, at: datetime) -> datetime | None:
    """The next moment at which time alone changes the phase of a lot."""
    closing = db.session.scalar(select(func.min(Lot.closes_at)).where(Lot.auction_id == found.id, Lot.closes_at > at))
    return min((moment for moment in (found.opens_at, closing) if moment is not None and moment > at), default=None)


def board(found: Auction, at: datetime) -> dict[int, dict[str, Any]]:
    """The public state of every lot by its number, in the current language: the same for everybody. Never a maximum.

    `needed` is the next minimum for anybody but the leader; `outbid_words` are for whoever has bid and does not lead.
    """
    rows = db.session.execute(
        select(Lot, Bidder.paddle).outerjoin(Bidder, Bidder.id == Lot.leader_id).where(Lot.auction_id == found.id)
        .order_by(Lot.number)
    )  # fmt: skip
    sold = hammers(Lot.auction_id == found.id)
    return {lot.number: _public(found, lot, paddle, at, sold.get(lot.id)) for lot, paddle in rows}


def _public(found: Auction, lot: Lot, paddle: int | None, at: datetime, hammer: Hammer | None) -> dict[str, Any]:
    terms, state = lots.terms_of(found, lot), lots.state_of(lot)
    current, price = phase(found, lot, at), _price(lot)
    if hammer is not None:
        price, paddle = hammer.amount, hammer.paddle
    elif lot.settled_at is not None:
        paddle = None  # nobody has it
    needed = rules.next_minimum(terms, state)
    needed_text = formats.amount(needed, found.currency)
    waits = waits_for(lot, current)
    return {
        "number": lot.number,
        "seq": lot.last_seq,
        "phase": current.value,
        "price": price,
        "price_text": formats.amount(price, found.currency),
        "needed": needed,
        "needed_text": needed_text,
        "steps": [[step, formats.amount(step, found.currency)] for step in rules.steps(terms, state)],
        "bids": lot.bids,
        "paddle": paddle,
        "closes_at": formats.iso(lot.closes_at),
        "reserve_met": rules.reserve_met(terms, state) if lot.reserve is not None else None,
        "settled": lot.settled_at is not None,
        "sold": hammer is not None,
        "notice": found.notice,
        "called": lot.number == found.called_number and current is not Phase.WITHDRAWN,
        "room_only": lot.room_only,
        "words": waits or words(Standing.NONE, current, needed_text),
        "outbid_words": waits or words(Standing.OUTBID, current, needed_text),
    }


def promised_in(auction_id: int) -> int:
    """What an auction's lots come to by now, in minor units: bids that lead, and what is sold. As `promised` counts."""
    query = (
        select(func.sum(func.coalesce(Award.amount, Lot.price))).select_from(Lot)
        .outerjoin(Award, (Award.lot_id == Lot.id) & (Award.status == AwardStatus.ACTIVE))
        .where(Lot.auction_id == auction_id, Lot.bids > 0, Lot.status != LotStatus.WITHDRAWN)
        .where(or_(Lot.settled_at.is_(None), Award.id.is_not(None)))
    )
    return db.session.scalar(query) or 0


def promised(found: Auction, shown: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """What the leading bids of a board come to: the amount, the round one that it fills a line towards, and its words."""
    counted = [lot for lot in shown.values() if lot["bids"] and lot["phase"] != Phase.WITHDRAWN]
    total = sum(lot["price"] for lot in counted if lot["sold"] or not lot["settled"])
    goal = milestone(total, found.currency)
    return {"value": total, "goal": goal, "text": formats.amount(total, found.currency)}


def live(found: Auction) -> dict[str, Any]:
    """What an open page asks for: the board, and beside it how the viewer stands on the lots they have bid on."""
    at = now()
    shown = board(found, at)
    return {
        "now": formats.iso(at),
        "lots": list(shown.values()),
        "promised": promised(found, shown),
        "need": needs.public(found),
        "mine": _mine(found, shown),
    }


def _mine(found: Auction, shown: dict[int, dict[str, Any]]) -> dict[str, Any]:
    bidder = bidder_of(found.id, current_user.id) if current_user.is_authenticated else None
    if bidder is None:
        return {"paddle": None, "lots": {}}
    touched = (
        select(Lot).where(Lot.auction_id == found.id)
        .where(Lot.id.in_(select(LotEvent.lot_id).where(LotEvent.bidder_id == bidder.id, not_voided())))
    )  # fmt: skip
    return {
        "paddle": bidder.paddle,
        "lots": {lot.number: _standing(found, lot, bidder, shown[lot.number]) for lot in db.session.scalars(touched)},
    }


def standings(found: Auction) -> dict[int, tuple[Standing, int]]:
    """How the viewer stands on the lots that they bid on, and what keeps them in (minor units), by number."""
    own = _mine(found, board(found, now()))["lots"] if current_user.is_authenticated else {}
    return {number: (Standing(state["standing"]), state["needed"]) for number, state in own.items()}


def _standing(found: Auction, lot: Lot, bidder: Bidder, public: dict[str, Any]) -> dict[str, Any]:
    terms, state = lots.terms_of(found, lot), lots.state_of(lot)
    current = Phase(public["phase"])
    standing = Standing.LEADING if lot.leader_id == bidder.id else Standing.OUTBID
    if current is Phase.CLOSED and public["sold"]:
        standing = Standing.WON if public["paddle"] == bidder.paddle else Standing.OUTBID
    elif standing is Standing.LEADING and lot.settled_at is not None:
        standing = Standing.NONE  # below the reserve, or let go
    needed = rules.next_minimum(terms, state, bidder.id)
    needed_text = formats.amount(needed, found.currency)
    return {
        "standing": standing.value,
        "needed": needed,
        "needed_text": needed_text,
        "words": words(standing, current, needed_text),
    }


def waits_for(lot: Lot, current: Phase) -> str:
    """What phones are told while only the room bids on a lot; empty when everybody may."""
    frozen = lot.room_only and current is Phase.OPEN
    return _("The room is bidding. Raise your hand, or wait a moment.") if frozen else ""


def words(standing: Standing, current: Phase, needed: str) -> str:
    """What the bid bar says, plainly."""
    if standing is Standing.WON:
        return _("Yours! Thank you.")
    if current is Phase.CLOSED:
        return _("Bidding is over.")
    if current is Phase.WITHDRAWN:
        return _("This lot was withdrawn.")
    if current is Phase.PAUSED:
        return _("Bidding pauses for a moment.")
    if current is Phase.SOON:
        return _("Bidding has not opened yet.")
    if standing is Standing.LEADING:
        return _("Your bid leads.")
    if standing is Standing.OUTBID:
        return _("Somebody bid more: %(amount)s keeps you in.", amount=needed)
    return _("The next bid is %(amount)s.", amount=needed)


def proceeds_of(found: Auction) -> Statement:
    """The ledger's statement for an auction."""
    return ledger.proceeds("auction", found.id)


def awards_of(auction_id: int) -> list[Award]:
    """The active awards of an auction, by lot."""
    query = (
        select(Award).join(Award.lot).where(Lot.auction_id == auction_id, Award.status == AwardStatus.ACTIVE)
        .options(contains_eager(Award.lot).selectinload(Lot.artworks), joinedload(Award.bidder).joinedload(Bidder.person))
        .order_by(Lot.number)
    )  # fmt: skip
    return list(db.session.scalars(query))


def lot_of_artwork(artwork_id: int) -> Lot | None:
    """The lot that sells an artwork, in a published auction."""
    query = (
        select(Lot).join(lot_artwork, lot_artwork.c.lot_id == Lot.id).join(Lot.auction)
        .where(lot_artwork.c.artwork_id == artwork_id, Auction.published, Lot.status != LotStatus.WITHDRAWN)
        .options(contains_eager(Lot.auction))
    )  # fmt: skip
    return db.session.scalar(query)


def account_section() -> dict[str, Any]:
    """The viewer's lots, for the account page."""
    query = (
        select(Lot, Bidder.paddle).join(LotEvent, LotEvent.lot_id == Lot.id).join(Bidder, Bidder.id == LotEvent.bidder_id)
        .join(Lot.auction).where(Bidder.person_id == current_user.id, not_voided()).distinct()
        .options(contains_eager(Lot.auction), joinedload(Lot.leader), selectinload(Lot.artworks))
        .order_by(Lot.closes_at.desc(), Lot.number).limit(60)
    )  # fmt: skip
    rows = db.session.execute(query).all()
    views = _views([lot for lot, _paddle in rows], Lot.id.in_({lot.id for lot, _paddle in rows}))
    items = [
        {
            "title": view.title,
            "href": view.href,
            "meta": formats.amount(view.price, view.auction.currency),
            "badge": _badge(view, view.paddle == paddle),
        }
        for view, (_lot, paddle) in zip(views, rows, strict=True)
    ]
    return {"title": _("My bids"), "items": items, "empty": _("No bid yet. Pictures wait in the auctions.")}


def _badge(view: LotView, leads: bool) -> str:
    if view.phase is Phase.WITHDRAWN:
        return _("Withdrawn")
    if view.phase is Phase.CLOSED:
        return _("Yours") if view.sold and leads else _("Over")
    return _("You lead") if leads else _("Outbid")


def candidates(found: Auction) -> list[Artwork]:
    """Artworks whose consent covers an auction and that are no lot yet; those of the auction's campaign."""
    taken = select(lot_artwork.c.artwork_id)
    query = galleries.auctionable().where(Artwork.id.not_in(taken)).order_by(Artwork.gallery_id, Artwork.number)
    if found.campaign_id is not None:
        query = query.where(Artwork.gallery.has(campaign_id=found.campaign_id))
    return list(db.session.scalars(query.limit(500)))
