"""The sales desk and the treasurer's pages."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.core.database import db
from app.core.transactions import atomic
from app.ledger import queries as ledger
from app.ledger import services as book
from app.ledger.models import Account
from app.partners.models import Partner
from app.payments import queries, services
from app.payments.forms import CashForm, PayoutForm, RefundForm
from app.payments.models import Invoice, InvoiceStatus, Method, Payment
from app.web.access import roles
from app.web.formats import amount
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
        "payments/manage/index.html", page=paged(queries.invoices(search)), search=search, due=services.due
    )


@blueprint.get(f"/manage/payments/<{NUMBER}:invoice_id>/")
@roles(*DESK)
def page(invoice_id: int) -> Any:
    """One invoice at the desk."""
    found = _invoice(invoice_id)
    form = CashForm(formdata=None)
    form.amount.currency, form.amount.data = found.currency, services.due(found) or None
    return _page(found, form, RefundForm(formdata=None))


def _page(found: Invoice, cash: CashForm, refund: RefundForm) -> Any:
    html = render_template(
        "payments/manage/invoice.html",
        invoice=found,
        due=services.due(found),
        cash=cash,
        refund=refund,
        refundable=[
            item for item in found.payments if item.method in (Method.CASH, Method.TRANSFER) and item.captured_at
        ],
        open=found.status is InvoiceStatus.OPEN,
    )
    return html, 422 if cash.errors or refund.errors else 200


@blueprint.post(f"/manage/payments/<{NUMBER}:invoice_id>/cash")
@roles(*DESK)
def take_cash(invoice_id: int) -> Any:
    """Record money taken: all that is due, or a part."""
    found, form = _invoice(invoice_id), CashForm()
    form.amount.currency = found.currency
    good = form.validate()
    if good and not form.amount.data:
        form.amount.errors, good = [_("Write an amount above nothing.")], False
    if good:
        try:
            with atomic():
                services.record_cash(
                    invoice_id,
                    form.amount.data or 0,
                    form.operation.data or "",
                    current_user.id,
                    Method(form.method.data),
                )
        except services.PaymentRefused as refusal:
            form.amount.errors = [_("Only %(amount)s is due.", amount=amount(refusal.due, found.currency, cents=True))]
        else:
            flash(_("Recorded. The receipt is on its way by mail once all is paid."), "success")
            return redirect(url_for("manage_payments.page", invoice_id=invoice_id), 303)
    return _page(_invoice(invoice_id), form, RefundForm(formdata=None))


@blueprint.post(f"/manage/payments/refunds/<{NUMBER}:payment_id>")
@roles("treasurer")
def give_back(payment_id: int) -> Any:
    """Give cash back, with a reason."""
    payment, form = db.session.get(Payment, payment_id) or abort(404), RefundForm()
    invoice_id, currency = payment.invoice_id, payment.currency
    form.amount.currency = currency
    good = form.validate()
    if good and not form.amount.data:
        form.amount.errors, good = [_("Write an amount above nothing.")], False
    if good:
        try:
            with atomic():
                services.refund_cash(
                    payment_id,
                    form.amount.data or 0,
                    form.reason.data or "",
                    form.operation.data or "",
                    current_user.id,
                )
        except services.PaymentRefused as refusal:
            form.amount.errors = [
                _("At most %(amount)s can be given back.", amount=amount(refusal.due, currency, cents=True))
            ]
        else:
            flash(_("Recorded."), "success")
            return redirect(url_for("manage_payments.page", invoice_id=invoice_id), 303)
    return _page(_invoice(invoice_id), CashForm(formdata=None), form)


@blueprint.get("/manage/ledger/")
@roles("treasurer")
def books() -> Any:
    """Balances, what is held for whom, and the newest entries."""
    return _books(PayoutForm(formdata=None), None)


def _books(form: PayoutForm, at_fault: tuple[str, int] | None) -> Any:
    held = [
        (purpose, purpose_id, db.session.get(Partner, partner_id), ledger.proceeds(purpose, purpose_id))
        for purpose, purpose_id, partner_id in ledger.held()
    ]
    html = render_template(
        "ledger/index.html", balances=ledger.balances(), held=held, page=paged(ledger.entries()), form=form,
        at_fault=at_fault, aside=queries.put_aside(),
    )  # fmt: skip
    return html, 422 if form.errors else 200


@blueprint.post(f"/manage/ledger/payouts/<purpose>/<{NUMBER}:purpose_id>/<{NUMBER}:partner_id>")
@roles("treasurer")
def pay_out(purpose: str, purpose_id: int, partner_id: int) -> Any:
    """Record a transfer to the partner, never more than is held."""
    if (purpose, purpose_id, partner_id) not in ledger.held():
        abort(404)
    form, currency = PayoutForm(), ledger.proceeds(purpose, purpose_id).currency
    form.amount.currency = currency
    good = form.validate()
    if good and not form.amount.data:
        form.amount.errors, good = [_("Write an amount above nothing.")], False
    if good:
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
    return _books(form, (purpose, purpose_id))


@blueprint.get("/manage/ledger/entries.csv")
@roles("treasurer")
def export() -> Response:
    """Every transfer, for the accountant."""
    rows = (
        (
            entry.id,
            entry.at.isoformat(),
            entry.kind,
            entry.memo,
            move.source.value,
            move.target.value,
            move.currency,
            move.amount,
        )
        for entry in db.session.scalars(ledger.entries())
        for move in entry.transfers
    )
    return csv_response("ledger.csv", ("entry", "at", "kind", "memo", "from", "to", "currency", "minor_units"), rows)


def _invoice(invoice_id: int) -> Invoice:
    return db.session.get(Invoice, invoice_id) or abort(404)
