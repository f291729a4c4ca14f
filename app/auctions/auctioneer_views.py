"""The auctioneer's page: lots called one after another, live, with bids of the room entered right there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.auctions import histories, lot_pages, proof, room
from app.auctions.lot_pages import LotView
from app.auctions.models import Auction
from app.auctions.room_forms import CallForm, FreezeForm
from app.auctions.room_views import AUCTION, filled, found_auction
from app.core.transactions import atomic
from app.web.access import roles

blueprint = Blueprint("auctioneer", __name__)
LAST_BIDS = 8


@blueprint.get(f"{AUCTION}/auctioneer/")
@roles("organiser")
def page(auction_id: int) -> Any:
    """The lot that is called: its picture, its price, the next minimum, the last bids."""
    return _page(found_auction(auction_id), CallForm(formdata=None))


def _page(auction: Auction, form: CallForm, status: int = 200) -> Any:
    views = lot_pages.lot_views(auction)
    at = next((place for place, view in enumerate(views) if view.lot.number == auction.called_number), None)
    view = views[at] if at is not None else None
    html = render_template(
        "auctions/manage/auctioneer.html",
        auction=auction,
        lots=views,
        view=view,
        call=form,
        paddle=view.paddle if view else None,
        before=_number(views, at, -1),
        after=_number(views, at, 1),
        history=histories.history(view.lot.id, LAST_BIDS) if view else [],
        why=proof.why,
        floor=filled(auction, view.lot.number, None) if view else None,
    )
    return html, status


def _number(views: list[LotView], at: int | None, step: int) -> int | None:
    """The lot beside the called one; without one, the first is next."""
    if at is None:
        return views[0].lot.number if views and step > 0 else None
    return views[at + step].lot.number if 0 <= at + step < len(views) else None


@blueprint.post(f"{AUCTION}/auctioneer/call")
@roles("organiser")
def call(auction_id: int) -> Any:
    """Call a lot; no number calls none."""
    auction, form = found_auction(auction_id), CallForm()
    if not form.validate():
        return _page(auction, form, 422)
    with atomic():
        done = room.call_lot(auction_id, form.number.data, current_user.id)
    if not done:
        form.number.errors = [_("There is no lot of this number.")]
        return _page(found_auction(auction_id), form, 422)
    return redirect(url_for("auctioneer.page", auction_id=auction_id), 303)


@blueprint.post(f"{AUCTION}/auctioneer/freeze")
@roles("organiser")
def freeze(auction_id: int) -> Any:
    """Online bids on a lot wait while the room bids, or count again."""
    auction, form = found_auction(auction_id), FreezeForm()
    found = room.standing(auction, form.number.data) if form.validate() and form.number.data else None
    if found is None:
        abort(404)
    with atomic():
        room.freeze(found.lot_id, form.frozen.data, current_user.id)
    return redirect(url_for("auctioneer.page", auction_id=auction_id), 303)
