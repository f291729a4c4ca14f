"""Pages of the need: for everybody, and for helpers who write down what is called in the hall."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import BooleanField

from app.accounts.models import Person
from app.accounts.services import rename
from app.accounts.views import ask_to_sign_in
from app.auctions import cards, desk, needs, pledges, queries
from app.auctions.models import Auction, Bidder, Eligibility, Pledge
from app.auctions.outcomes import OperationReused, TermsNotAccepted, WrongCode
from app.core.database import db
from app.core.transactions import atomic, locked
from app.web.access import public, roles
from app.web.formats import amount
from app.web.forms import Form, Given, MoneyField, OperationField, TextField, WholeField
from app.web.limits import limiter
from app.web.typed import forget_typed, typed_for

blueprint = Blueprint("pledges", __name__)
MANAGED = "/manage/auctions/<int(max=2147483647):auction_id>/pledges"
SUGGESTED = (2000, 5000, 10000)


class PledgeForm(Form):
    """A pledge of one's own. `name`, `terms` and `code` are asked of somebody without a paddle."""

    amount = MoneyField(
        _l("Your pledge"),
        validators=[Given(_l("Write an amount."))],
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    operation = OperationField()
    name = TextField(_l("Your name"), longest=120, render_kw={"autocomplete": "name"})
    terms = BooleanField(_l("I accept the terms: a pledge is a promise to pay"))
    code = TextField(_l("Invitation code"), longest=40, render_kw={"autocomplete": "off"})


class HallForm(Form):
    """A pledge that somebody in the hall called out."""

    paddle = WholeField(_l("Paddle"), low=1, validators=[Given(_l("Write the paddle."))])
    amount = MoneyField(_l("Amount"), validators=[Given(_l("Write an amount."))])
    operation = OperationField()


@blueprint.get("/auctions/<slug>/need/")
@public
def page(slug: str) -> Any:
    """What is needed, how far it came, and the form to help."""
    typed = typed_for(request.path)
    return _page(_auction(slug), PledgeForm(typed) if typed else PledgeForm(formdata=None))


def _page(found: Auction, form: PledgeForm, status: int = 200) -> Any:
    form.amount.currency = found.currency
    need = needs.need_of(found) or abort(404)
    known = current_user.is_authenticated and queries.bidder_of(found.id, current_user.id) is not None
    accent = found.campaign.accent if found.campaign else ""
    html = render_template(
        "auctions/need.html", auction=found, need=need, form=form, suggested=SUGGESTED, accent=accent,
        introduce=current_user.is_authenticated and not known, asks_code=found.eligibility is Eligibility.CODE,
        clause=cards.clause(found) if found.card_required else "",
    )  # fmt: skip
    return html, status


@blueprint.post("/auctions/<slug>/pledges")
@public
def add(slug: str) -> Any:
    """Pledge. Somebody without a session proves their address first and comes back to what they typed."""
    found, form = _auction(slug), PledgeForm()
    form.amount.currency = found.currency
    good = form.validate()
    if good and not form.amount.data:
        form.amount.errors, good = [_("Write an amount above nothing.")], False
    if not good:
        return _page(found, form, 422)
    if not current_user.is_authenticated:
        return ask_to_sign_in(url_for("pledges.page", slug=slug))
    auction_id, person_id, language = found.id, current_user.id, current_user.locale
    nameless = not current_user.name
    try:
        with atomic():
            pledges.pledge(
                auction_id, person_id, form.amount.data or 0, form.operation.data,
                terms_accepted=form.terms.data and bool(form.name.data or not nameless), code=form.code.data or "",
            )  # fmt: skip
            forget_typed()
            if nameless and form.name.data:
                rename(locked(Person, person_id), form.name.data, language)
    except (TermsNotAccepted, WrongCode) as missing:
        if isinstance(missing, WrongCode):
            form.code.errors = [_("Write the code that stands on your invitation.")]
        if isinstance(missing, WrongCode) and form.code.data:
            with limiter.limit("120 per hour"):  # as for a bid
                form.code.errors = [_("This is not the code of this auction. It stands on your invitation.")]
        if not form.terms.data:
            form.terms.errors = [_("Accept the terms to pledge.")]
        if nameless and not form.name.data:
            form.name.errors = [_("Write your name as it should stand on the receipt.")]
        return _page(_auction(slug), form, 422)
    except OperationReused:
        flash(
            _("This form was sent before with another amount. Look at the total, and pledge again if you like."),
            "warning",
        )
    except pledges.NoNeed:
        flash(_("Pledges are taken from the opening of the auction on."), "warning")
    else:
        flash(_("Thank you! You pledged %(amount)s.", amount=amount(form.amount.data or 0, found.currency)), "joy")
    return redirect(url_for("pledges.page", slug=slug), 303)


@blueprint.get(f"{MANAGED}/")
@roles("organiser", "helper")
def managed(auction_id: int) -> Any:
    """Every pledge, and the form for what is called in the hall."""
    return _managed(_by_id(auction_id), HallForm(formdata=None))


def _managed(found: Auction, form: HallForm, status: int = 200) -> Any:
    form.amount.currency = found.currency
    html = render_template(
        "auctions/manage/pledges.html", auction=found, form=form, need=needs.need_of(found),
        pledges=pledges.pledges_of(found.id),
    )  # fmt: skip
    return html, status


@blueprint.post(MANAGED)
@roles("organiser", "helper")
def enter(auction_id: int) -> Any:
    """Write down a pledge by its paddle."""
    found, form = _by_id(auction_id), HallForm()
    form.amount.currency = found.currency
    good = form.validate()
    if good and not form.amount.data:
        form.amount.errors, good = [_("Write an amount above nothing.")], False
    bidder_id = desk.bidder_id_of(auction_id, form.paddle.data or 0) if good else None
    if good and bidder_id is None:
        form.paddle.errors, good = [_("Nobody holds this paddle.")], False
    if not good:
        return _managed(found, form, 422)
    person_id, actor_id = db.session.get_one(Bidder, bidder_id).person_id, current_user.id
    try:
        with atomic():
            pledges.pledge(auction_id, person_id, form.amount.data or 0, form.operation.data, entered_by=actor_id)
    except (pledges.NoNeed, OperationReused):
        form.amount.errors = [
            _("This was not taken: the auction has no need to pledge for yet, or the form came twice.")
        ]
        return _managed(_by_id(auction_id), form, 422)
    flash(_("Paddle %(paddle)s pledged.", paddle=form.paddle.data), "success")
    return redirect(url_for("pledges.managed", auction_id=auction_id), 303)


@blueprint.post("/manage/pledges/<int(max=2147483647):pledge_id>/withdrawal")
@roles("organiser")
def withdraw(pledge_id: int) -> Any:
    """Take a pledge back."""
    found = db.session.get(Pledge, pledge_id) or abort(404)
    auction_id, actor_id = found.auction_id, current_user.id
    try:
        with atomic():
            pledges.withdraw(pledge_id, actor_id)
    except pledges.PledgeStands:
        flash(_("It is on an invoice already: take the invoice back first."), "warning")
    return redirect(url_for("pledges.managed", auction_id=auction_id), 303)


def _auction(slug: str) -> Auction:
    return queries.auction(slug) or abort(404)


def _by_id(auction_id: int) -> Auction:
    return db.session.get(Auction, auction_id) or abort(404)
