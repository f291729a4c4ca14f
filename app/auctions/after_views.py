"""After the hammer: the results for everybody, and the list by which helpers hand the pictures over."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.auctions import lot_pages, queries, settlement
from app.auctions.models import Auction, Award
from app.auctions.phases import Phase
from app.core.database import db
from app.core.transactions import atomic
from app.galleries import queries as galleries
from app.web.access import public, roles
from app.web.redirects import safe_path

blueprint = Blueprint("after_auction", __name__)
AWARD = "/manage/awards/<int(max=2147483647):award_id>/hand-over"


@blueprint.get("/auctions/<slug>/results/")
@public
def results(slug: str) -> str:
    """What every lot fetched, by paddle; until the last lot has closed, what has closed so far."""
    found = queries.auction(slug) or abort(404)
    views = lot_pages.lot_views(found)
    closed = [view for view in views if view.phase is Phase.CLOSED]
    return render_template(
        "auctions/results.html",
        auction=found,
        closed=closed,
        waiting=len(views) - len(closed),
        total=sum(view.price for view in closed if view.sold),
        accent=found.campaign.accent if found.campaign else "",
    )


@blueprint.get("/manage/auctions/<int(max=2147483647):auction_id>/hand-over/")
@roles("organiser", "helper")
def hand_over_list(auction_id: int) -> str:
    """Who takes which picture home, by paddle, with a place for the signature on paper."""
    found = db.session.get(Auction, auction_id) or abort(404)
    awards = sorted(queries.awards_of(auction_id), key=lambda award: (award.bidder.paddle, award.lot.number))
    buyers = [(bidder, list(own)) for bidder, own in groupby(awards, key=lambda award: award.bidder)]
    pictures = galleries.pictures_for([artwork.id for award in awards for artwork in award.lot.artworks])
    return render_template("auctions/manage/hand_over.html", auction=found, buyers=buyers, pictures=pictures)


@blueprint.post(f"{AWARD}/removal")
@roles("organiser", "helper")
def take_back(award_id: int) -> Any:
    """A tick set by mistake is taken back."""
    award = db.session.get(Award, award_id) or abort(404)
    auction_id, actor_id = award.lot.auction_id, current_user.id
    with atomic():
        settlement.take_back(award_id, actor_id)
    flash(_("The tick is taken back."), "success")
    return redirect(
        safe_path(request.form.get("next"), url_for("after_auction.hand_over_list", auction_id=auction_id)), 303
    )
