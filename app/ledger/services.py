"""Commands on the book: booking, reversing, paying out. Nothing is ever changed, only added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.transactions import locked
from app.ledger import queries
from app.ledger.models import Account, Entry, Transfer
from app.partners.models import Partner


class PayoutRefused(Exception):
    """More than what is payable; `payable` says how much could be paid out, in minor units."""

    def __init__(self, payable: int) -> None:
        super().__init__(payable)
        self.payable = payable


@dataclass(frozen=True)
class TransferDraft:
    """`amount` > 0 minor units leave `source` and reach `target`."""

    source: Account
    target: Account
    currency: str
    amount: int
    partner_id: int | None = None
    purpose: str = ""
    purpose_id: int | None = None


def book(
    key: str,
    kind: str,
    transfers: Sequence[TransferDraft],
    *,
    memo: str = "",
    subject_kind: str = "",
    subject_id: int | None = None,
) -> Entry | None:
    """Add an entry; None when a fact of this key is booked already, or there is nothing to move."""
    drafts = [draft for draft in transfers if draft.amount]
    if not drafts or queries.entry_of(key) is not None:
        return None
    entry = Entry(key=key, kind=kind, at=now(), memo=memo, subject_kind=subject_kind, subject_id=subject_id)
    entry.transfers = [Transfer(**vars(draft)) for draft in drafts]
    db.session.add(entry)
    db.session.flush()
    return entry


def reverse(entry_id: int, memo: str) -> Entry | None:
    """Add the mirror of an entry. An entry is reversed at most once. Raises LookupError."""
    entry = db.session.get(Entry, entry_id)
    if entry is None:
        raise LookupError(entry_id)
    mirror = [
        TransferDraft(row.target, row.source, row.currency, row.amount, row.partner_id, row.purpose, row.purpose_id)
        for row in entry.transfers
    ]
    made = book(
        f"reverse:{entry_id}",
        "reversal",
        mirror,
        memo=memo,
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
    )
    return made


def pay_out(
    partner_id: int,
    purpose: str,
    purpose_id: int,
    amount: int,
    *,
    source: Account,
    operation: str,
    memo: str,
    actor_id: int,
) -> None:
    """Record that money reached the partner. Raises PayoutRefused for more than is still held for it.

    The partner's row is locked, so two treasurers cannot pay out the same money.
    """
    locked(Partner, partner_id)
    if queries.entry_of(f"payout:{operation}") is not None:
        return
    statement = queries.proceeds(purpose, purpose_id, partner_id)
    if amount <= 0 or amount > statement.still_held:
        raise PayoutRefused(max(0, statement.still_held))
    draft = TransferDraft(source, Account.PAYOUTS, statement.currency, amount, partner_id, purpose, purpose_id)
    book(f"payout:{operation}", "payout", [draft], memo=memo, subject_kind="partner", subject_id=partner_id)
    audit.record("pay out", "partner", partner_id, actor_id, amount=amount)
