"""My bids, and the lots that I keep an eye on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_login import current_user

from app.auctions import queries, watching
from app.core.transactions import atomic
from app.web.access import signed_in
from app.web.redirects import safe_path

blueprint = Blueprint("watching", __name__)
LOT = "/auctions/<slug>/lots/<int(max=2147483647):number>"


@blueprint.get("/auctions/<slug>/mine/")
@signed_in
def page(slug: str) -> str:
    """Where I lead, where I am outbid, what I won, what I watch."""
    found = queries.auction(slug) or abort(404)
    return render_template(
        "auctions/mine.html",
        auction=found,
        rows=watching.own_lots(found),
        accent=found.campaign.accent if found.campaign else "",
    )


@blueprint.post(f"{LOT}/watch")
@signed_in
def watch(slug: str, number: int) -> Any:
    """Keep an eye on a lot."""
    lot_id, _currency = queries.lot_to_bid_on(slug, number) or abort(404)
    person_id = current_user.id
    with atomic():
        watching.watch(lot_id, person_id)
    return redirect(_back(slug, number), 303)


@blueprint.post(f"{LOT}/watch/removal")
@signed_in
def unwatch(slug: str, number: int) -> Any:
    """Let it go."""
    lot_id, _currency = queries.lot_to_bid_on(slug, number) or abort(404)
    person_id = current_user.id
    with atomic():
        watching.unwatch(lot_id, person_id)
    return redirect(_back(slug, number), 303)


def _back(slug: str, number: int) -> str:
    return safe_path(request.form.get("next"), url_for("auctions.lot", slug=slug, number=number))
