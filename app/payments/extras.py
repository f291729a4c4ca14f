"""What a buyer adds to an invoice of their own will: a donation, and the card's fee, so that the beneficiary gets it all."""

from __future__ import annotations

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from app.core.database import db
from app.core.ids import token
from app.core.transactions import locked
from app.ledger.models import Account
from app.ledger.services import TransferDraft, book
from app.payments import rules
from app.payments.models import Invoice, InvoiceLine, InvoiceStatus, PaymentStatus

DONATION, FEE_COVER = "donation", "fee_cover"
EXTRAS = (DONATION, FEE_COVER)


class TooLate(Exception):
    """A payment has begun, or nothing is due any more: the invoice stays as it is."""


class Given:
    """The payable of an extra: nothing follows from its payment but the books."""

    def paid(self, ref: int) -> None:
        """It was given."""


def open_for_extras(invoice: Invoice) -> bool:
    """Whether the invoice may still change: no money came, and no checkout shows its amount."""
    begun = any(
        payment.status is PaymentStatus.CAPTURED
        or (payment.status is PaymentStatus.PENDING and payment.provider_ref is not None)
        for payment in invoice.payments
    )
    return invoice.status is InvoiceStatus.OPEN and not begun


def amount_of(invoice: Invoice, kind: str) -> int:
    """What an extra comes to, in minor units; zero without it."""
    return sum(line.amount for line in invoice.lines if line.kind == kind)


def fee_for(invoice: Invoice, donation: int) -> int:
    """What covers the card's fee for the invoice with that donation, in minor units."""
    config = current_app.config["KERMESSE"]
    owed = sum(line.amount for line in invoice.lines if line.kind not in EXTRAS) + donation
    return rules.fee_cover(owed, config["CARD_FEE_BASIS_POINTS"], config["CARD_FEE_FIXED"])


def choose(invoice_id: int, *, donation: int, cover_fee: bool) -> None:
    """Let the invoice hold this donation (minor units, 0: none), and the fee of the whole or not. Raises TooLate."""
    invoice: Invoice | None = locked(Invoice, invoice_id)
    if invoice is None:
        raise LookupError(invoice_id)
    if not open_for_extras(invoice):
        raise TooLate
    _set(invoice, {DONATION: donation, FEE_COVER: fee_for(invoice, donation) if cover_fee else 0})


def drop(invoice: Invoice) -> None:
    """Take the extras off an invoice that is taken back. The invoice is locked."""
    _set(invoice, dict.fromkeys(EXTRAS, 0))


def _set(invoice: Invoice, amounts: dict[str, int]) -> None:
    """One line an extra, and the difference in the books: in favour of whom the first line is for."""
    first = next(line for line in invoice.lines if line.kind not in EXTRAS)
    moves = []
    for kind, amount in amounts.items():
        more = amount - amount_of(invoice, kind)
        source, target = (Account.HELD, Account.RECEIVABLE) if more > 0 else (Account.RECEIVABLE, Account.HELD)
        facts = invoice.currency, abs(more), first.partner_id, first.purpose, first.purpose_id
        moves.append(TransferDraft(source, target, *facts))
        _line(invoice, kind, amount, first)
    book(f"extras:{invoice.id}:{token()}", "invoice", moves, memo=invoice.number, subject_kind="invoice",
         subject_id=invoice.id)  # fmt: skip
    db.session.flush()


def _line(invoice: Invoice, kind: str, amount: int, first: InvoiceLine) -> None:
    line = next((line for line in invoice.lines if line.kind == kind), None)
    if amount == 0:
        if line is not None:
            invoice.lines.remove(line)
            db.session.delete(line)
        return
    if line is None:
        with force_locale(invoice.locale):
            words = {DONATION: _("A donation"), FEE_COVER: _("The card fee, so that all of the rest arrives")}[kind]
        line = InvoiceLine(
            kind=kind, ref=invoice.id, description=words, amount=amount, partner_id=first.partner_id,
            purpose=first.purpose, purpose_id=first.purpose_id,
        )  # fmt: skip
        invoice.lines.append(line)
    line.amount = amount
