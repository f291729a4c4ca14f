"""What auctions add to the pages of the floors below."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from app.auctions import queries
from app.galleries.models import Artwork


def bid_link(artwork: Artwork) -> Markup | None:
    """On an artwork's page: the way to its lot."""
    lot = queries.lot_of_artwork(artwork.id)
    if lot is None:
        return None
    return Markup(render_template("auctions/_bid_link.html", lot=lot, auction=lot.auction))  # noqa: S704
