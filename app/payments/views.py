"""An invoice's page, the way to the checkout and back, and Stripe's webhook."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.core.database import db
from app.core.transactions import atomic
from app.payments import events, queries, services
from app.payments.forms import PayForm
from app.payments.gateway import CheckoutRequest, GatewayDown
from app.payments.gateways import gateway
from app.payments.models import Invoice, InvoiceStatus, Method, Payment, PaymentStatus
from app.payments.stripe_gateway import BadSignature, read_event
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
    return render_template(
        "payments/invoice.html",
        invoice=found,
        due=services.due(found),
        form=PayForm(formdata=None),
        paid=found.status is InvoiceStatus.PAID,
        waiting=request.args.get("back") == "1" and found.status is InvoiceStatus.OPEN,
    )


@blueprint.post("/invoices/<token>/payments")
@bearer
def pay(token: str) -> Any:
    """Begin a payment and go to the provider's page. The provider is asked between two transactions, never inside."""
    found, form = _invoice(token), PayForm()
    form.validate()
    provider, method = gateway()
    try:
        with atomic():
            payment = services.begin_payment(found.id, method, form.operation.data or "")
            payment_id, address = payment.id, payment.checkout_url
            ask = None if address else _request(_invoice(token), payment)
        if ask is not None:
            checkout = provider.create_checkout(ask)
            with atomic():
                services.keep_session(payment_id, checkout.ref, checkout.url)
            address = checkout.url
    except services.PaymentRefused:
        return redirect(url_for("payments.invoice", token=token), 303)
    except GatewayDown:
        flash(_("The card service does not answer just now. Nothing was charged; try again in a minute."), "warning")
        return redirect(url_for("payments.invoice", token=token), 303)
    return redirect(str(address), 303)


def _request(found: Invoice, payment: Payment) -> CheckoutRequest:
    here = current_app.config["KERMESSE"].base_url + url_for("payments.invoice", token=found.token)
    lines = tuple((line.description, line.amount) for line in found.lines)
    if payment.amount != found.total:  # a part was paid at the desk
        lines = ((_("Rest of invoice %(number)s", number=found.number), payment.amount),)
    return CheckoutRequest(
        key=f"payment-{payment.id}-{payment.operation}",
        payment_id=payment.id,
        currency=found.currency,
        lines=lines,
        email=found.email,
        locale=found.locale,
        success_url=f"{here}?back=1",
        cancel_url=here,
    )


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
    if request.method == "GET":
        return render_template(
            "payments/test_checkout.html",
            invoice=found,
            payment=payment,
            over=payment.status is not PaymentStatus.PENDING,
        )
    paid = request.form.get("verdict") == "pay"
    with atomic():
        events.apply(verdict(f"test_{payment_id}", payment.amount, payment.currency, paid=paid))
    if not paid:
        flash(_("The test bank said no. Nothing was charged; you can try again."), "warning")
    return redirect(url_for("payments.invoice", token=token, back=1 if paid else None), 303)


@blueprint.post("/stripe/webhook")
@signed
def stripe_webhook() -> Response:
    """What Stripe tells. Only its signature opens this door; the answer says nothing about why it stayed shut."""
    if (request.content_length or 0) > LARGEST_EVENT:
        abort(413)
    payload = request.get_data(cache=False)
    try:
        news = read_event(
            payload,
            request.headers.get("Stripe-Signature", ""),
            current_app.config["KERMESSE"]["STRIPE_WEBHOOK_SECRET"],
        )
    except BadSignature:
        abort(400)
    with atomic():
        outcome = events.apply(news, payload.decode("utf-8", "replace"))
    return Response(outcome + "\n", mimetype="text/plain")


def _invoice(token: str) -> Invoice:
    return queries.by_token(token[:80]) or abort(404)
