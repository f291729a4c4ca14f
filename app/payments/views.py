"""An invoice's page, the way to the checkout and back, and Stripe's webhook."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.core.database import db
from app.core.transactions import atomic
from app.payments import card_queries, checkout, events, extras, queries, services
from app.payments.forms import ExtrasForm, PayForm
from app.payments.gateway import GatewayDown
from app.payments.models import Invoice, InvoiceStatus, Method, Payment, PaymentStatus
from app.payments.stripe_gateway import BadSignature, is_live, read_event
from app.payments.test_checkout import verdict
from app.web.access import bearer, signed

blueprint = Blueprint("payments", __name__)
LARGEST_EVENT = 1_000_000
PAYMENT = "/invoices/<token>/test-checkout/<int(max=2147483647):payment_id>/"


@blueprint.get("/invoices/<token>/")
@bearer
def invoice(token: str) -> str:
    """What is owed, and the receipt once it is paid."""
    found = _invoice(token)
    form = ExtrasForm(formdata=None)
    form.donation.data = extras.amount_of(found, extras.DONATION) or None
    form.cover_fee.data = extras.amount_of(found, extras.FEE_COVER) > 0
    return _page(found, form)


@blueprint.post("/invoices/<token>/extras")
@bearer
def add_extras(token: str) -> Any:
    """Add a donation or the card's fee, change them, or take them off again."""
    found, form = _invoice(token), ExtrasForm()
    form.donation.currency = found.currency
    if not form.validate():
        return _page(found, form), 422
    invoice_id = found.id
    try:
        with atomic():
            extras.choose(invoice_id, donation=form.donation.data or 0, cover_fee=form.cover_fee.data)
    except extras.TooLate:
        flash(_("A payment has begun already: this invoice stays as it is."), "info")
    return redirect(url_for("payments.invoice", token=token), 303)


def _page(found: Invoice, form: ExtrasForm) -> str:
    form.donation.currency = found.currency
    card = card_queries.card_of(found.person_id)
    mine = current_user.is_authenticated and current_user.id == found.person_id
    return render_template(
        "payments/invoice.html",
        invoice=found,
        extras=form if extras.open_for_extras(found) else None,
        suggested=[1000, 2000, 5000],
        fee=extras.fee_for(found, form.donation.data or 0),
        due=services.due(found),
        form=PayForm(formdata=None),
        card=card if mine else None,
        card_of_theirs=card is not None and not current_user.is_authenticated,
        paid=found.status is InvoiceStatus.PAID,
        waiting=request.args.get("back") == "1" and found.status is InvoiceStatus.OPEN,
    )


@blueprint.post("/invoices/<token>/payments")
@bearer
def pay(token: str) -> Any:
    """Begin a payment and go to the provider's page."""
    found, form = _invoice(token), PayForm()
    back = url_for("payments.invoice", token=token)
    try:
        back = checkout.open_checkout(found.id, form.operation.data or "")
    except services.PaymentRefused:
        flash(_("Nothing is due any more: this page is as it stands now."), "info")
    except GatewayDown:
        flash(_("The card service does not answer just now. Nothing was charged; try again in a minute."), "warning")
    return redirect(back, 303)


@blueprint.route(PAYMENT, methods=["GET", "POST"])
@bearer
def test_checkout(token: str, payment_id: int) -> Any:
    """The built-in test checkout: one plays the buyer's bank. Not there when Stripe is set up."""
    found = _invoice(token)
    payment = db.session.get(Payment, payment_id)
    if payment is None or payment.invoice_id != found.id or payment.method is not Method.TEST:
        abort(404)
    if not current_app.config["KERMESSE"].test_checkout:
        abort(404)
    over = payment.status is not PaymentStatus.PENDING
    if request.method == "GET" or over:
        html = render_template("payments/test_checkout.html", invoice=found, payment=payment, over=over)
        return html, 409 if request.method == "POST" else 200
    paid = request.form.get("verdict") == "pay"
    checkout.apply(verdict(f"test_{payment_id}", payment.amount, payment.currency, paid=paid))
    if not paid:
        flash(_("The test bank said no. Nothing was charged; you can try again."), "warning")
    return redirect(url_for("payments.invoice", token=token, back=1 if paid else None), 303)


@blueprint.post("/stripe/webhook")
@signed
def stripe_webhook() -> Response:
    """What Stripe tells. Only its signature opens this door; the answer says nothing about why it stayed shut."""
    if (request.content_length or 0) > LARGEST_EVENT or len(payload := request.get_data()) > LARGEST_EVENT:
        abort(413)
    config = current_app.config["KERMESSE"]
    signature, secret = request.headers.get("Stripe-Signature", ""), config["STRIPE_WEBHOOK_SECRET"]
    try:
        news = read_event(payload, signature, secret, live=is_live(config["STRIPE_SECRET_KEY"]))
    except BadSignature:
        abort(400)
    with atomic():
        outcome = events.apply(news, payload.decode("utf-8", "replace"))
    return Response(outcome + "\n", mimetype="text/plain")


def _invoice(token: str) -> Invoice:
    return queries.by_token(token[:80]) or abort(404)
