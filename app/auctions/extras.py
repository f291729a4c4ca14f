"""What auctions add to the pages of the floors below."""

from __future__ import annotations

from collections.abc import Collection

from flask import render_template
from markupsafe import Markup
from sqlalchemy import select

from app.auctions import queries
from app.auctions.models import Auction
from app.core.database import db
from app.galleries.models import Artwork


def bid_link(artwork: Artwork) -> Markup | None:
    """On an artwork's page: the way to its lot."""
    lot = queries.lot_of_artwork(artwork.id)
    if lot is None:
        return None
    return Markup(render_template("auctions/_bid_link.html", lot=lot, auction=lot.auction))  # noqa: S704


def titles(ids: Collection[int]) -> dict[int, str]:
    """What the treasurer calls the auctions that money came from."""
    return {
        row.id: row.title for row in db.session.execute(select(Auction.id, Auction.title).where(Auction.id.in_(ids)))
    }
