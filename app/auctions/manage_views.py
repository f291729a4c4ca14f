"""Managing pages of auctions: prepare, watch, close."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import segno
from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.auctions import boards, histories, increments, lot_pages, preparation, queries, rules, services, settlement
from app.auctions import lots as log
from app.auctions.forms import AuctionForm, LotForm, StartForm, ThingForm, VoidForm
from app.auctions.models import Auction, Lot, LotStatus
from app.core.database import db
from app.core.transactions import atomic
from app.events.queries import campaign_choices
from app.partners.models import PartnerKind
from app.partners.queries import partner_choices
from app.web.access import public, roles
from app.web.forms import choices
from app.web.redirects import safe_path

blueprint = Blueprint("manage_auctions", __name__)
AUCTION = "/manage/auctions/<int(max=2147483647):auction_id>"
LOT = "/manage/lots/<int(max=2147483647):lot_id>"
THING = "thing_"  # its form stands beside another one
STATES = {"pause": LotStatus.PAUSED, "withdrawal": LotStatus.WITHDRAWN, "opening": LotStatus.OPEN}


@blueprint.get("/manage/auctions/")
@roles("organiser")
def index() -> str:
    """All auctions."""
    return render_template("auctions/manage/index.html", auctions=queries.visible_auctions())


@blueprint.route("/manage/auctions/new/", methods=["GET", "POST"])
@roles("organiser")
def add() -> Any:
    """Make an auction."""
    form = _form(AuctionForm(**_steps(None)))
    if form.validate_on_submit():
        with atomic():
            auction = preparation.create_auction(actor_id=current_user.id, **_values(form))
        flash(_("The auction stands. Now add lots."), "success")
        return redirect(url_for("manage_auctions.page", auction_id=auction.id), 303)
    return render_template("auctions/manage/edit.html", form=form, auction=None), 422 if form.errors else 200


@blueprint.route(f"{AUCTION}/edit/", methods=["GET", "POST"])
@roles("organiser")
def edit(auction_id: int) -> Any:
    """Change an auction."""
    auction = _auction(auction_id)
    form = AuctionForm(obj=auction, **_steps(auction))
    form.opens_at.zone = form.closes_at.zone = auction.timezone
    _form(form)
    if form.validate_on_submit():
        try:
            with atomic():
                preparation.update_auction(auction_id, actor_id=current_user.id, **_values(form))
        except preparation.AuctionFrozen:
            form.closes_at.errors = [
                _("Bids stand already: times, increments, currency, beneficiary and bidders stay as they are.")
            ]
        except preparation.NeedStands:
            form.need_title.errors = [_("People have pledged for this already: it keeps a title.")]
        else:
            flash(_("Kept."), "success")
            return redirect(url_for("manage_auctions.page", auction_id=auction_id), 303)
    page = render_template("auctions/manage/edit.html", form=form, auction=_auction(auction_id))
    return page, 422 if form.errors else 200


def _form(form: AuctionForm) -> AuctionForm:
    form.campaign_id.choices = choices([(0, _("None")), *campaign_choices()])
    likely = partner_choices(PartnerKind.NGO)
    form.beneficiary_id.choices = choices([*likely, *(one for one in partner_choices() if one not in likely)])
    return form


def _steps(auction: Auction | None) -> dict[str, Any]:
    """Increments and soft close as the form shows them."""
    late, latest = preparation.SOFT_CLOSE_S, preparation.SOFT_CLOSE_CAP_S
    table, currency = rules.INCREMENTS, "CHF"
    if auction is not None:
        late, latest = auction.soft_close_s, auction.soft_close_cap_s
        table, currency = json.loads(auction.increments), auction.currency
    return {
        "steps": increments.written(table, currency), "late_minutes": late // 60, "latest_minutes": latest // 60,
    }  # fmt: skip


def _values(form: AuctionForm) -> dict[str, Any]:
    apart = {"csrf_token", "steps", "late_minutes", "latest_minutes"}
    values = {field.name: field.data for field in form if field.name not in apart}
    values |= {"campaign_id": values["campaign_id"] or None, "need_goal": values["need_goal"] or None}
    values |= {
        "soft_close_s": 60 * (form.late_minutes.data or 0),
        "soft_close_cap_s": 60 * (form.latest_minutes.data or 0),
    }
    return values | {"increments": json.dumps(form.table)}


@blueprint.get(f"{AUCTION}/")
@roles("organiser", "helper", "treasurer")
def page(auction_id: int) -> Any:
    """One auction: its lots, what they stand at, what may be added, who won."""
    return _page(_auction(auction_id), StartForm(formdata=None))


def _page(
    auction: Auction, form: StartForm, status: int = 200, chosen: Collection[int] = (), thing: ThingForm | None = None
) -> Any:
    views = lot_pages.lot_views(auction, withdrawn=True)
    html = render_template(
        "auctions/manage/page.html",
        auction=auction,
        lots=views,
        awards=queries.awards_of(auction.id),
        promised=boards.promised_in(auction.id),
        candidates=queries.candidates(auction),
        statement=queries.proceeds_of(auction),
        form=form,
        chosen=chosen,
        nothing_chosen=status == 422 and not chosen and thing is None,
        thing=thing or ThingForm(prefix=THING, formdata=None),
    )
    return html, status


@blueprint.post(f"{AUCTION}/lots")
@roles("organiser")
def add_lots(auction_id: int) -> Any:
    """Add artworks as lots at one starting price."""
    auction = _auction(auction_id)
    form = StartForm()
    form.start.currency = auction.currency
    chosen = [
        int(text)
        for text in request.form.getlist("artwork")[:500]
        if text.isascii() and text.isdigit() and len(text) < 10
    ]
    good = form.validate()
    if good and (wrong := _start_fault(form.start.data, auction)):
        form.start.errors, good = [wrong], False
    good = good and bool(chosen)
    if not good:
        return _page(auction, form, 422, chosen)
    try:
        with atomic():
            made = preparation.add_lots(
                auction_id, chosen, form.start.data or 0, current_user.id, together=form.together.data or ""
            )
    except preparation.NotAuctionable:
        flash(
            _("One of these pictures has no consent for an auction, or is a lot already. Nothing was added."), "warning"
        )
    else:
        flash(ngettext("%(num)s lot added.", "%(num)s lots added.", len(made)), "success")
    return redirect(url_for("manage_auctions.page", auction_id=auction_id), 303)


@blueprint.post(f"{AUCTION}/things")
@roles("organiser")
def add_thing(auction_id: int) -> Any:
    """Add a lot that is no pupil's picture."""
    auction, form = _auction(auction_id), ThingForm(prefix=THING)
    form.start.currency = auction.currency
    good = form.validate()
    if good and (wrong := _start_fault(form.start.data, auction)):
        form.start.errors, good = [wrong], False
    if not good:
        return _page(auction, StartForm(formdata=None), 422, thing=form)
    with atomic():
        preparation.add_thing(
            auction_id, title=form.title.data or "", description=form.description.data or "",
            given_by=form.given_by.data or "", start=form.start.data or 0, actor_id=current_user.id,
        )  # fmt: skip
    flash(ngettext("%(num)s lot added.", "%(num)s lots added.", 1), "success")
    return redirect(url_for("manage_auctions.page", auction_id=auction_id), 303)


def _start_fault(start: int | None, auction: Auction) -> str:
    """What is wrong with a starting price, in words; empty if nothing is."""
    if not start:
        return _("The starting price has to be more than nothing.")
    return _("Choose a whole amount.") if start % auction.unit else ""


@blueprint.route(f"{LOT}/", methods=["GET", "POST"])
@roles("organiser")
def lot(lot_id: int) -> Any:
    """One lot: its terms, its whole log with a way to void, and whether the replay agrees."""
    found = _lot(lot_id)
    form = LotForm(obj=found)
    for field in (form.start, form.reserve, form.sanity_cap):
        field.currency = found.auction.currency
    if form.validate_on_submit():
        values: dict[str, Any] = {name: getattr(form, name).data or "" for name in ("title", "description", "given_by")}
        values |= {name: getattr(form, name).data or None for name in ("start", "reserve", "sanity_cap")}
        try:
            if wrong := _start_fault(values["start"], found.auction):
                form.start.errors = [wrong]
            else:
                with atomic():
                    preparation.update_lot(lot_id, actor_id=current_user.id, **values)
                flash(_("Kept."), "success")
                return redirect(url_for("manage_auctions.lot", lot_id=lot_id), 303)
        except preparation.AuctionFrozen:
            form.start.errors = [_("Somebody has bid: what this lot is and its amounts stay as they are.")]
    return _lot_page(_lot(lot_id), form, VoidForm(formdata=None, seq=request.args.get("void", type=int)))


def _lot_page(found: Lot, form: LotForm, void: VoidForm) -> Any:
    html = render_template(
        "auctions/manage/lot.html",
        lot=found,
        auction=found.auction,
        form=form,
        void=void,
        history=histories.history(found.id, limit=None),
        differences=log.differences(found.auction, found),
    )
    return html, 422 if form.errors or void.errors else 200


@blueprint.post(f"{LOT}/voids")
@roles("organiser")
def void(lot_id: int) -> Any:
    """Void a bid, with a reason that everybody reads."""
    found, form = _lot(lot_id), VoidForm()
    if form.validate():
        try:
            with atomic():
                services.void_bid(lot_id, form.seq.data or 0, form.reason.data or "", current_user.id)
        except services.VoidRefused:
            form.seq.errors = [_("No bid stands under this number, or the lot is closed.")]
        else:
            flash(_("The bid is voided, and everybody concerned is told."), "success")
            return redirect(url_for("manage_auctions.lot", lot_id=lot_id), 303)
    return _lot_page(found, LotForm(obj=found, formdata=None), form)


@blueprint.post(f"{LOT}/<any(pause,withdrawal,opening):action>")
@roles("organiser")
def set_status(lot_id: int, action: str) -> Any:
    """Pause, withdraw or open a lot."""
    _lot(lot_id)
    with atomic():
        services.set_lot_status(lot_id, STATES[action], current_user.id)
    return redirect(url_for("manage_auctions.lot", lot_id=lot_id), 303)


@blueprint.post("/manage/awards/<int(max=2147483647):award_id>/hand-over")
@roles("organiser", "helper")
def hand_over(award_id: int) -> Any:
    """Tick that the picture left with its buyer."""
    try:
        with atomic():
            theirs = settlement.hand_over(award_id, current_user.id)
    except LookupError:
        abort(404)
    if not theirs:
        flash(_("Somebody has changed this meanwhile. Look at the list again."), "warning")
    return redirect(safe_path(request.form.get("next"), url_for("manage_auctions.index")), 303)


@blueprint.get(f"{AUCTION}/labels/")
@roles("organiser", "helper")
def labels(auction_id: int) -> str:
    """Wall labels to print, each with the code that opens its lot."""
    auction = _auction(auction_id)
    return render_template("auctions/manage/labels.html", auction=auction, lots=lot_pages.lot_views(auction))


@blueprint.get("/q/<code>.svg")
@public
def qr(code: str) -> Response:
    """The QR code of a lot's short link, as a picture."""
    queries.lot_by_code(code[:12]) or abort(404)
    address = f"{current_app.config['KERMESSE'].base_url}/q/{code.upper()}"
    svg = segno.make(address, error="m").svg_inline(scale=4, border=2, dark="#1D1B22", light="#FFFFFF")
    svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return Response(svg, mimetype="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


def _auction(auction_id: int) -> Auction:
    return db.session.get(Auction, auction_id) or abort(404)


def _lot(lot_id: int) -> Lot:
    return db.session.get(Lot, lot_id) or abort(404)
