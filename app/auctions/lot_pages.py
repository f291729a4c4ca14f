"""A lot as pages show it: the same for everybody. See `standings.py` for how the reader stands on it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.auctions import lots, rules
from app.auctions.models import Auction, Lot, LotStatus
from app.auctions.phases import Hammer, Phase, hammers, late_words, phase, price_of, title_of, waits_for
from app.core.clock import now
from app.core.database import db
from app.galleries import queries as galleries
from app.galleries.models import Artwork
from app.web.access import has_role
from app.web.worded import facts_of


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
    works: tuple[tuple[Artwork, galleries.Picture], ...]  # those that may be seen
    hammer: Hammer | None = None

    @property
    def facts(self) -> tuple[Hashable, ...]:
        """All that a stranger's page of it is made of."""
        auction, lot = self.auction, self.lot
        works = [row for artwork in lot.artworks for row in (artwork, artwork.theme, artwork.school)]
        rows = facts_of(auction, auction.beneficiary, auction.campaign, lot, *works)
        return rows, self.phase, self.hammer, tuple(picture for _artwork, picture in self.works)

    @property
    def picture(self) -> galleries.Picture | None:
        return self.works[0][1] if self.works else None

    @property
    def artwork(self) -> Artwork | None:
        """The only picture of the lot, with what its label tells; None of several, or when it may not be seen."""
        return self.works[0][0] if self.whole and len(self.works) == 1 else None

    @property
    def whole(self) -> bool:
        """Whether all its pictures may be seen; else what was written about them may not be read either."""
        return len(self.works) == len(self.lot.artworks)

    @property
    def title(self) -> str:
        return title_of(self.lot, hidden=not self.whole)

    @property
    def description(self) -> str:
        return self.lot.description if self.whole else ""

    @property
    def by(self) -> str:
        """Whose it is, as published: the artists, or who gave it."""
        artists = dict.fromkeys(named(artwork) for artwork, _picture in self.works if artwork.artist)
        if artists or not self.lot.given_by:
            return " · ".join(artists)
        return _("Given by %(name)s", name=self.lot.given_by)

    @property
    def waits(self) -> str:
        return waits_for(self.lot, self.phase)

    @property
    def late_words(self) -> str:
        return late_words(self.auction)

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


def named(artwork: Artwork) -> str:
    """The artist as published: `Lia, 9–10`."""
    return f"{artwork.artist}, {artwork.age_band}" if artwork.age_band else artwork.artist


def lot_views(found: Auction, limit: int | None = None, *, withdrawn: bool = False) -> list[LotView]:
    """The lots of an auction, in a fixed number of statements. Withdrawn lots hang only on managing pages."""
    query = select(Lot).where(Lot.auction_id == found.id)
    if not withdrawn:
        query = query.where(Lot.status != LotStatus.WITHDRAWN)
    query = query.options(joinedload(Lot.leader), selectinload(Lot.artworks)).order_by(Lot.number).limit(limit)
    return views_of(list(db.session.scalars(query)), Lot.auction_id == found.id)


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


def views_of(rows: list[Lot], which: ColumnElement[bool]) -> list[LotView]:
    """Rows as pages show them; their artworks and leaders are loaded. `which` finds the awards of these lots."""
    pictures = galleries.pictures_for([artwork.id for lot in rows for artwork in lot.artworks])
    at, sold = now(), hammers(which)
    return [_view(lot.auction, lot, pictures, at, sold.get(lot.id)) for lot in rows]


def _view(
    auction: Auction, lot: Lot, pictures: dict[int, galleries.Picture], at: datetime, hammer: Hammer | None
) -> LotView:
    terms, state = lots.terms_of(auction, lot), lots.state_of(lot)
    return LotView(
        lot=lot,
        auction=auction,
        phase=phase(auction, lot, at),
        price=hammer.amount if hammer else price_of(lot),
        hammer=hammer,
        needed=rules.next_minimum(terms, state),
        steps=rules.steps(terms, state),
        reserve_met=rules.reserve_met(terms, state) if lot.reserve is not None else None,
        works=tuple((artwork, pictures[artwork.id]) for artwork in lot.artworks if artwork.id in pictures),
    )
