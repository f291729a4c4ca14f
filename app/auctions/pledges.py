"""Fund a need: promises of money besides the lots, made online or called in the hall, on the same invoice as the lots."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.auctions import settlement
from app.auctions.eligibility import right_code
from app.auctions.models import Auction, Bidder, Eligibility, Pledge
from app.auctions.outcomes import OperationReused, TermsNotAccepted, WrongCode
from app.auctions.sitting import welcome
from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.jobs import enqueue
from app.core.news import tell
from app.core.transactions import locked


class NoNeed(Exception):
    """The auction has nothing to pledge for, or takes no pledges now."""


class PledgeStands(Exception):
    """It is on an invoice already: take the invoice back first."""


def pledge(
    auction_id: int,
    person_id: int,
    amount: int,
    operation: str,
    *,
    terms_accepted: bool = False,
    code: str = "",
    entered_by: int | None = None,
) -> Pledge:
    """Promise `amount` minor units. The same operation gives the same pledge; somebody new gets a paddle with it, so that
    they are asked for what a first bid asks for.

    Raises NoNeed, WrongCode, TermsNotAccepted, OperationReused (the same form with another amount).
    """
    auction: Auction | None = locked(Auction, auction_id)
    if auction is None or not auction.need_title or not auction.published or now() < auction.opens_at:
        raise NoNeed
    bidder = db.session.scalar(select(Bidder).where(Bidder.auction_id == auction_id, Bidder.person_id == person_id))
    asks_code = bidder is None and auction.eligibility is Eligibility.CODE
    if asks_code and not right_code(auction.invitation_code, code):
        raise WrongCode
    if bidder is None and not terms_accepted:
        raise TermsNotAccepted
    at = now()
    bidder = bidder or welcome(auction, person_id, at)
    earlier = db.session.scalar(select(Pledge).where(Pledge.bidder_id == bidder.id, Pledge.operation == operation))
    if earlier is not None:
        if earlier.amount != amount:
            raise OperationReused
        return earlier
    made = Pledge(
        auction_id=auction_id,
        bidder_id=bidder.id,
        amount=amount,
        operation=operation,
        entered_by=entered_by,
        created_at=at,
    )
    db.session.add(made)
    db.session.flush()
    tell()
    enqueue(settlement.INVOICE, str(bidder.id), max(at, auction.closes_at) + settlement.PATIENCE, bidder_id=bidder.id)
    if entered_by is not None:
        audit.record("enter pledge", "pledge", made.id, entered_by, amount=amount)
    return made


def withdraw(pledge_id: int, actor_id: int) -> None:
    """An organiser takes a pledge back, at the wish of whoever made it. Raises LookupError, PledgeStands."""
    found: Pledge | None = locked(Pledge, pledge_id)
    if found is None:
        raise LookupError(pledge_id)
    if found.invoiced_at is not None:
        raise PledgeStands
    if found.withdrawn_at is None:
        found.withdrawn_at = now()
        tell()
        audit.record("withdraw pledge", "pledge", pledge_id, actor_id)


def pledges_of(auction_id: int) -> list[Pledge]:
    """Every pledge, the newest first, with who made it."""
    query = select(Pledge).where(Pledge.auction_id == auction_id).order_by(Pledge.id.desc())
    return list(db.session.scalars(query.options(joinedload(Pledge.bidder).joinedload(Bidder.person))))


class PledgePayable:
    """What payments calls when an invoice line of kind `pledge` is paid."""

    def paid(self, ref: int) -> None:
        """Mark the pledge as paid, in the transaction of the ledger entry."""
        found: Pledge | None = locked(Pledge, ref)
        if found is not None and found.paid_at is None:
            found.paid_at = now()
