"""The card that somebody keeps with us: leaving it, seeing it, removing it, paying with it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.core.transactions import atomic
from app.payments import card_checkout, card_queries, cards, charges, checkout, queries, services
from app.payments.card_models import CardStatus, KeptCard
from app.payments.forms import PayForm
from app.payments.gateway import GatewayDown
from app.payments.models import Invoice, Method
from app.payments.test_checkout import CARDS, card_verdict
from app.web.access import signed_in
from app.web.formats import locale

blueprint = Blueprint("cards", __name__)


@blueprint.get("/account/card/")
@signed_in
def page() -> str:
    """The card that one keeps with us, and what that means."""
    return _page()


def _page(reasons: list[str] | None = None) -> str:
    card = card_queries.card_of(current_user.id)
    return render_template("payments/card.html", card=card, form=PayForm(formdata=None), reasons=reasons or [])


@blueprint.post("/account/cards")
@signed_in
def leave() -> Any:
    """Go to the page where a card is left."""
    return redirect(way(url_for("cards.page")) or url_for("cards.page"), 303)


def way(back: str) -> str | None:
    """Where the current user leaves a card, to come back to `back`; None when they keep one. When the provider does not
    answer, `back` says so."""
    try:
        return card_checkout.open_page(current_user.id, current_user.email, locale(), back)
    except GatewayDown:
        flash(
            _("The card service does not answer just now. What you typed is still here; try again in a minute."),
            "warning",
        )
        return back


@blueprint.get("/account/cards/<token>/")
@signed_in
def returned(token: str) -> Any:
    """Back from the provider's page: what became of it is asked for, and the visitor goes on where they came from."""
    card = _asked(token)
    back = card.back or url_for("cards.page")
    if card.status is CardStatus.PENDING and "back" not in request.args:
        try:
            card_checkout.look_up(card.id)
        except GatewayDown:
            flash(_("The card service does not answer just now. It tells us of your card as soon as it can."), "info")
            return redirect(back, 303)
        card = _asked(token)
    if card.status is CardStatus.KEPT:
        shown = card.last4 or "…"
        flash(_("Your card ending %(last4)s is kept. Nothing was charged.", last4=shown), "success")
    elif "back" not in request.args:
        flash(_("The card service has not told us of your card yet. Try again in a minute."), "info")
    return redirect(back, 303)


@blueprint.route("/account/cards/<token>/test/", methods=["GET", "POST"])
@signed_in
def test_page(token: str) -> Any:
    """The built-in test page: a made-up card is left. Not there when Stripe is set up."""
    card = _asked(token)
    if card.method is not Method.TEST or not current_app.config["KERMESSE"].test_checkout:
        abort(404)
    over = card.status is not CardStatus.PENDING
    if request.method == "GET" or over:
        html = render_template("payments/test_card.html", card=card, over=over)
        return html, 409 if request.method == "POST" else 200
    last4 = request.form.get("card", "")
    checkout.apply(card_verdict(card.id, last4 if last4 in CARDS else ""))
    return redirect(url_for("cards.returned", token=token, back=None if last4 in CARDS else 1), 303)


@blueprint.post("/account/card/removal")
@signed_in
def removal() -> Any:
    """Forget the card, here and at the provider; refused while it stands behind something."""
    try:
        with atomic():
            gone = cards.remove(current_user.id)
    except cards.CardNeeded as needed:
        return _page(needed.reasons), 409
    if gone:
        flash(_("Your card is removed, here and at the card service."), "success")
    return redirect(url_for("cards.page"), 303)


@blueprint.post("/invoices/<token>/card-payments")
@signed_in
def pay(token: str) -> Any:
    """Pay with the kept card: only whose invoice it is may, whoever else has its link."""
    found, form = _own_invoice(token), PayForm()
    here, invoice_id, operation = url_for("payments.invoice", token=token), found.id, form.operation.data or ""
    try:
        paid = charges.charge(invoice_id, operation, current_user.id, present=True)
    except charges.ChargeRefused as refused:
        flash(charges.refused_words(refused.reason), "warning")
        if refused.reason == "authentication":
            return redirect(_ordinary(invoice_id) or here, 303)
        return redirect(here, 303)
    except GatewayDown:
        words = _("The card service does not answer just now. If it charged your card, this page shows it soon.")
        flash(words, "warning")
        return redirect(here, 303)
    return redirect(here if paid else url_for("payments.invoice", token=token, back=1), 303)


def _ordinary(invoice_id: int) -> str | None:
    """The provider's page, where the bank asks."""
    try:
        return checkout.open_checkout(invoice_id, "")
    except (services.PaymentRefused, GatewayDown):
        return None


def _asked(token: str) -> KeptCard:
    return card_queries.asked(token[:80], current_user.id) or abort(404)


def _own_invoice(token: str) -> Invoice:
    found = queries.by_token(token[:80])
    return found if found is not None and found.person_id == current_user.id else abort(404)
