"""The sales desk and the treasurer's pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from app.core.database import db
from app.core.money import to_decimal
from app.core.registry import registry
from app.core.transactions import atomic
from app.ledger import queries as ledger
from app.ledger import services as book
from app.ledger.models import Account
from app.partners.models import Partner
from app.payments import card_queries, charges, checkout, queries, services
from app.payments.forms import CashForm, ChargeForm, PayoutForm, RefundForm, VoidForm, apart
from app.payments.gateway import GatewayDown
from app.payments.gateways import gateway
from app.payments.models import Invoice, Method, Payment, PaymentStatus
from app.web.access import roles
from app.web.formats import amount, iso
from app.web.paging import paged
from app.web.sheets import csv_response

blueprint = Blueprint("manage_payments", __name__)
NUMBER = "int(max=2147483647)"
DESK = ("helper", "treasurer", "organiser")


@blueprint.get("/manage/payments/")
@roles(*DESK)
def index() -> str:
    """Invoices, open ones first."""
    search = request.args.get("q", "")[:100].replace("\x00", "")
    return render_template(
        "payments/manage/index.html", page=paged(queries.invoices(search)), search=search, due=services.due,
        chargeable=card_queries.chargeable,
    )  # fmt: skip


@blueprint.get(f"/manage/payments/<{NUMBER}:invoice_id>/")
@roles(*DESK)
def page(invoice_id: int) -> Any:
    """One invoice at the desk."""
    found = _invoice(invoice_id)
    return _page(found, _cash_form(found))


def _page(
    found: Invoice,
    cash: CashForm,
    refused: RefundForm | None = None,
    at_fault: int | None = None,
    void: VoidForm | None = None,
    charge: ChargeForm | None = None,
) -> Any:
    """`at_fault` is the payment whose refund was refused."""
    by_hand_or_now = (Method.CASH, Method.TRANSFER, gateway()[1])
    refunds = [
        (item, left, apart(refused if refused and item.id == at_fault else RefundForm(formdata=None), item.id))
        for item in found.payments
        if (left := services.refundable(item)) and item.method in by_hand_or_now
    ]
    html = render_template(
        "payments/manage/invoice.html", invoice=found, due=services.due(found), over=services.over(found), cash=cash,
        refunds=refunds, void=void or VoidForm(formdata=None), pending=any(item.status is PaymentStatus.PENDING for item in found.payments),
        card=card_queries.card_of(found.person_id), charge=charge or ChargeForm(formdata=None),
        charge_from=card_queries.chargeable_from(found), charge_now=card_queries.may_be_charged(found),
    )  # fmt: skip
    return html, 422 if cash.errors or refused or void or charge else 200


@blueprint.post(f"/manage/payments/<{NUMBER}:invoice_id>/card-charges")
@roles("treasurer")
def charge_card(invoice_id: int) -> Any:
    """Charge the kept card of a buyer who has not paid in time, as the terms that they accepted say."""
    found, form = _invoice(invoice_id), ChargeForm()
    if form.validate():
        try:
            paid = charges.charge(invoice_id, form.operation.data or "", current_user.id, present=False)
        except charges.ChargeRefused as refused:
            mailed = refused.reason not in ("nothing_due", "no_card", "not_agreed")
            told = _("The buyer has the ordinary link by mail.") if mailed else ""
            form.sure.errors = [f"{charges.refused_words(refused.reason)} {told}".strip()]
        except GatewayDown:
            words = _("The card service does not answer just now. If it charged the card, this page shows it soon.")
            form.sure.errors = [words]
        else:
            flash(_("Charged; the receipt is on its way.") if paid else _("The bank has not answered yet."), "success")
            return redirect(url_for("manage_payments.page", invoice_id=invoice_id), 303)
    found = _invoice(invoice_id)
    return _page(found, _cash_form(found), charge=form)


@blueprint.post(f"/manage/payments/<{NUMBER}:invoice_id>/cash")
@roles(*DESK)
def take_cash(invoice_id: int) -> Any:
    """Record money taken: all that is due, or a part. A checkout open at the provider is ended first."""
    found, form = _invoice(invoice_id), CashForm()
    form.amount.currency = currency = found.currency
    if form.validate():
        actor = current_user.id
        checkout.end_open(invoice_id)
        try:
            with atomic():
                services.record_cash(
                    invoice_id, form.amount.data or 0, form.operation.data or "", actor, Method(form.method.data)
                )
        except services.PaymentRefused as refusal:
            form.amount.errors = [_due_message(refusal, currency)]
        else:
            flash(_("Recorded. The receipt is on its way by mail once all is paid."), "success")
            return redirect(url_for("manage_payments.page", invoice_id=invoice_id), 303)
    return _page(_invoice(invoice_id), form)


def _due_message(refusal: services.PaymentRefused, currency: str) -> str:
    if not refusal.due:
        return _("Nothing is due any more: look at the invoice as it stands now.")
    return _("Only %(amount)s is due.", amount=amount(refusal.due, currency, cents=True))


@blueprint.post(f"/manage/payments/refunds/<{NUMBER}:payment_id>")
@roles("treasurer")
def give_back(payment_id: int) -> Any:
    """Give money back, with a reason: by hand what came by hand, through the provider what came through it."""
    payment, form = db.session.get(Payment, payment_id) or abort(404), RefundForm()
    invoice_id, currency, by_hand = (
        payment.invoice_id,
        payment.currency,
        payment.method in (Method.CASH, Method.TRANSFER),
    )
    form.amount.currency = currency
    if form.validate():
        facts = (form.amount.data or 0, form.reason.data or "", form.operation.data or "", current_user.id)
        try:
            if by_hand:
                with atomic():
                    services.refund_cash(payment_id, *facts)
            else:
                checkout.give_back(payment_id, *facts)
        except services.PaymentRefused as refusal:
            form.amount.errors = [
                _("At most %(amount)s can be given back.", amount=amount(refusal.due, currency, cents=True))
            ]
        except GatewayDown:
            form.amount.errors = [_("The card service does not answer just now. Nothing was given back; try again.")]
        else:
            flash(_("Recorded."), "success")
            return redirect(url_for("manage_payments.page", invoice_id=invoice_id), 303)
    found = _invoice(invoice_id)
    return _page(found, _cash_form(found), form, payment_id)


@blueprint.post(f"/manage/payments/<{NUMBER}:invoice_id>/void")
@roles("treasurer")
def take_back(invoice_id: int) -> Any:
    """Void an invoice that nobody has paid, with a reason: its entry is reversed."""
    found, form = _invoice(invoice_id), VoidForm()
    if form.validate():
        actor = current_user.id
        checkout.end_open(invoice_id)
        try:
            with atomic():
                services.void_invoice(invoice_id, form.reason.data or "", actor)
        except services.PaymentRefused as refusal:
            form.reason.errors = [_void_message(refusal)]
        else:
            flash(_("The invoice is void; the book shows it reversed."), "success")
            return redirect(url_for("manage_payments.page", invoice_id=invoice_id), 303)
    found = _invoice(invoice_id)
    return _page(found, _cash_form(found), void=form)


def _void_message(refusal: services.PaymentRefused) -> str:
    if refusal.reason == "paid":
        return _("Money for it is here: give it back first.")
    return _("A card payment is open and cannot be ended just now. Try again in a minute.")


def _cash_form(found: Invoice) -> CashForm:
    form = CashForm(formdata=None)
    form.amount.currency, form.amount.data = found.currency, services.due(found) or None
    return form


@blueprint.get("/manage/ledger/")
@roles("treasurer")
def books() -> Any:
    """Balances, what is held for whom, and the newest entries."""
    return _books()


def _books(refused: PayoutForm | None = None, at_fault: tuple[str, int, int] | None = None) -> Any:
    keys = ledger.held()
    named = _named(key[:2] for key in keys)
    held = [
        (
            *key,
            db.session.get(Partner, key[2]),
            named[key[:2]],
            ledger.proceeds(*key),
            apart(refused if refused and key == at_fault else PayoutForm(formdata=None), "-".join(map(str, key))),
        )
        for key in keys
    ]
    too_much = [(item, services.over(item)) for item in queries.paid_too_much()]
    html = render_template(
        "ledger/index.html", balances=ledger.balances(), held=held, page=paged(ledger.entries()),
        aside=queries.put_aside(), too_much=too_much,
    )  # fmt: skip
    return html, 422 if refused else 200


@blueprint.post(f"/manage/ledger/payouts/<purpose>/<{NUMBER}:purpose_id>/<{NUMBER}:partner_id>")
@roles("treasurer")
def pay_out(purpose: str, purpose_id: int, partner_id: int) -> Any:
    """Record a transfer to the partner, never more than is held."""
    if (purpose, purpose_id, partner_id) not in ledger.held():
        abort(404)
    form, currency = PayoutForm(), ledger.proceeds(purpose, purpose_id, partner_id).currency
    form.amount.currency = currency
    if form.validate():
        try:
            with atomic():
                book.pay_out(
                    partner_id, purpose, purpose_id, form.amount.data or 0, source=Account.BANK,
                    operation=form.operation.data or "", memo=form.memo.data or "", actor_id=current_user.id,
                )  # fmt: skip
        except book.PayoutRefused as refusal:
            form.amount.errors = [
                _("Only %(amount)s is held for them.", amount=amount(refusal.payable, currency, cents=True))
            ]
        else:
            flash(_("The payout is in the book and in the public statement."), "success")
            return redirect(url_for("manage_payments.books"), 303)
    return _books(form, (purpose, purpose_id, partner_id))


@blueprint.get("/manage/ledger/entries.csv")
@roles("treasurer")
def export() -> Response:
    """Every transfer, for the accountant."""
    partners = {partner.id: partner.name for partner in db.session.scalars(select(Partner))}
    named = _named(ledger.purposes())
    rows = (
        (
            entry.id, iso(entry.at), entry.kind, entry.memo, move.source.value, move.target.value, move.currency,
            to_decimal(move.amount, move.currency), partners.get(move.partner_id or 0), move.purpose, move.purpose_id,
            named.get((move.purpose, move.purpose_id or 0), ""),
        )
        for entry in db.session.scalars(ledger.entries())
        for move in entry.transfers
    )  # fmt: skip
    header = (
        "entry",
        "at",
        "kind",
        "memo",
        "from",
        "to",
        "currency",
        "amount",
        "partner",
        "purpose",
        "purpose_id",
        "title",
    )
    return csv_response("ledger.csv", header, rows)


def _named(purposes: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """What each purpose of money is called by those who look after it; the bare kind and number of what is gone."""
    ids: dict[str, set[int]] = {}
    for purpose, purpose_id in purposes:
        ids.setdefault(purpose, set()).add(purpose_id)
    titles = {purpose: look(ids[purpose]) for purpose, look in registry().purposes.items() if purpose in ids}
    return {
        (purpose, one): titles.get(purpose, {}).get(one, f"{purpose} {one}") for purpose in ids for one in ids[purpose]
    }


def _invoice(invoice_id: int) -> Invoice:
    return db.session.get(Invoice, invoice_id) or abort(404)
