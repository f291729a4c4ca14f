"""Reads of the book: balances and statements. All amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, select, union_all
from sqlalchemy.orm import selectinload

from app.core.database import db
from app.ledger.models import Account, Entry, Transfer

MONEY_IN = (Account.STRIPE, Account.TEST, Account.CASH_DESK, Account.BANK)


@dataclass(frozen=True)
class Statement:
    """What a purpose brought. `payable` = received − fees − refunded; `still_held` = payable − paid_out."""

    currency: str
    invoiced: int = 0
    received: int = 0
    fees: int = 0
    refunded: int = 0
    paid_out: int = 0

    @property
    def payable(self) -> int:
        return self.received - self.fees - self.refunded

    @property
    def still_held(self) -> int:
        return self.payable - self.paid_out


def proceeds(purpose: str, purpose_id: int) -> Statement:
    """The statement of an auction or another purpose, in one query."""

    def net(into: tuple[Account, ...] | Account, out_of: tuple[Account, ...] | Account) -> ColumnElement[int]:
        """What moved from one side to the other, less what moved back."""
        targets = into if isinstance(into, tuple) else (into,)
        sources = out_of if isinstance(out_of, tuple) else (out_of,)
        forth = Transfer.target.in_(targets) & Transfer.source.in_(sources)
        back = Transfer.source.in_(targets) & Transfer.target.in_(sources)
        return func.coalesce(func.sum(case((forth, Transfer.amount), (back, -Transfer.amount), else_=0)), 0)

    query = select(
        func.max(Transfer.currency),
        net(Account.RECEIVABLE, Account.HELD),
        net(MONEY_IN, Account.RECEIVABLE),
        net(Account.FEES, MONEY_IN),
        net(Account.REFUNDS, MONEY_IN),
        net(Account.PAYOUTS, MONEY_IN),
    ).where(Transfer.purpose == purpose, Transfer.purpose_id == purpose_id)
    row = db.session.execute(query).one()
    return Statement(row[0] or "CHF", *(int(value) for value in row[1:]))


def balances() -> list[Row[tuple[Account, str, int]]]:
    """(account, currency, balance) of every account; they sum to zero in each currency."""
    legs = union_all(
        select(Transfer.target.label("account"), Transfer.currency, Transfer.amount),
        select(Transfer.source.label("account"), Transfer.currency, (-Transfer.amount).label("amount")),
    ).subquery()
    query = select(legs.c.account, legs.c.currency, func.sum(legs.c.amount)).group_by(legs.c.account, legs.c.currency)
    return list(db.session.execute(query.order_by(legs.c.currency, legs.c.account)))


def entries() -> Select[Any]:
    """All entries, the newest first, with their transfers."""
    return select(Entry).order_by(Entry.id.desc()).options(selectinload(Entry.transfers))


def held() -> list[tuple[str, int, int]]:
    """(purpose, id, partner) of everything that ever brought money for a partner."""
    query = (
        select(Transfer.purpose, Transfer.purpose_id, Transfer.partner_id)
        .where(Transfer.source == Account.HELD, Transfer.purpose_id.is_not(None), Transfer.partner_id.is_not(None))
        .distinct()
        .order_by(Transfer.purpose, Transfer.purpose_id)
    )
    return [(row[0], row[1] or 0, row[2] or 0) for row in db.session.execute(query)]
