"""Reads of the book: balances and statements. All amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, case, func, select, union_all
from sqlalchemy.orm import selectinload

from app.core.database import db
from app.ledger.models import Account, Entry, Transfer

MONEY = (Account.STRIPE, Account.TEST, Account.CASH_DESK, Account.BANK)


@dataclass(frozen=True)
class Statement:
    """What a purpose brought, in one currency. `payable` = received − fees − refunded; `still_held` = payable − paid_out.
    `payments` counts the payments that reached it."""

    currency: str
    invoiced: int = 0
    received: int = 0
    fees: int = 0
    refunded: int = 0
    paid_out: int = 0
    payments: int = 0

    @property
    def payable(self) -> int:
        return self.received - self.fees - self.refunded

    @property
    def still_held(self) -> int:
        return self.payable - self.paid_out


def _net(into: tuple[Account, ...], out_of: tuple[Account, ...]) -> Any:
    """What moved from one side to the other, less what moved back."""
    forth = Transfer.target.in_(into) & Transfer.source.in_(out_of)
    back = Transfer.source.in_(into) & Transfer.target.in_(out_of)
    return func.coalesce(func.sum(case((forth, Transfer.amount), (back, -Transfer.amount), else_=0)), 0)


def statements(purpose: str, purpose_id: int, partner_id: int | None = None) -> list[Statement]:
    """One statement a currency for an auction or another purpose, of one partner or of all; in one query."""
    arrived = Transfer.source.in_((Account.RECEIVABLE,)) & Transfer.target.in_(MONEY)
    query = (
        select(
            Transfer.currency,
            _net((Account.RECEIVABLE,), (Account.HELD,)),
            _net(MONEY, (Account.RECEIVABLE,)),
            _net((Account.FEES,), MONEY),
            _net((Account.REFUNDS,), MONEY),
            _net((Account.PAYOUTS,), MONEY),
            func.count(case((arrived, Transfer.entry_id)).distinct()),
        )
        .where(Transfer.purpose == purpose, Transfer.purpose_id == purpose_id)
        .group_by(Transfer.currency)
        .order_by(Transfer.currency)
    )
    if partner_id is not None:
        query = query.where(Transfer.partner_id == partner_id)
    return [Statement(row[0], *(int(value) for value in row[1:])) for row in db.session.execute(query)]


def proceeds(purpose: str, purpose_id: int, partner_id: int | None = None) -> Statement:
    """The statement of a purpose that has one currency, as an auction has; zeros while nothing is booked."""
    found = statements(purpose, purpose_id, partner_id)
    return found[0] if found else Statement("CHF")


def balances(partner_id: int | None = None) -> list[Row[Account, str, int]]:
    """(account, currency, balance) of every account, or of one partner's part; they sum to zero in each currency."""
    theirs = [] if partner_id is None else [Transfer.partner_id == partner_id]
    legs = union_all(
        select(Transfer.target.label("account"), Transfer.currency, Transfer.amount).where(*theirs),
        select(Transfer.source.label("account"), Transfer.currency, (-Transfer.amount).label("amount")).where(*theirs),
    ).subquery()
    query = select(legs.c.account, legs.c.currency, func.sum(legs.c.amount)).group_by(legs.c.account, legs.c.currency)
    return list(db.session.execute(query.order_by(legs.c.currency, legs.c.account)))


def entry_of(key: str) -> Entry | None:
    """The entry of a fact, if it is booked."""
    return db.session.scalar(select(Entry).where(Entry.key == key))


def entries() -> Select[Entry]:
    """All entries, the newest first, with their transfers."""
    return select(Entry).order_by(Entry.id.desc()).options(selectinload(Entry.transfers))


def purposes() -> list[tuple[str, int]]:
    """(purpose, id) of everything that money moved for."""
    query = select(Transfer.purpose, Transfer.purpose_id).where(Transfer.purpose_id.is_not(None)).distinct()
    return [(row[0], int(row[1] or 0)) for row in db.session.execute(query)]


def held() -> list[tuple[str, int, int]]:
    """(purpose, id, partner) of everything that ever brought money for a partner."""
    query = (
        select(Transfer.purpose, Transfer.purpose_id, Transfer.partner_id)
        .where(Transfer.source == Account.HELD, Transfer.purpose_id.is_not(None), Transfer.partner_id.is_not(None))
        .distinct()
        .order_by(Transfer.purpose, Transfer.purpose_id)
    )
    return [(row[0], int(row[1] or 0), int(row[2] or 0)) for row in db.session.execute(query)]
