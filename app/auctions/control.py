"""Steering a whole auction: closing in groups, more time, a pause, opening unsold lots again.

Each command locks its lots in order of id, then the auction, then reads the clock. Where somebody has bid, the time that was
told only ever moves later, and it does so by an event of the log, so that the replay agrees.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.auctions import control_queries, offers, rules
from app.auctions import lots as log
from app.auctions.logbook import write_down
from app.auctions.models import Auction, Lot, LotStatus
from app.auctions.settlement import CLOSE
from app.core import audit
from app.core.audit import AuditEntry
from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.jobs import enqueue
from app.core.transactions import locked

PAUSE = "pause auction"


class ControlRefused(Exception):
    """`reason`: over, paused, not_paused, not_open, nothing_open, not_later, not_unsold, repeated (the form came again with other minutes)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def stagger(auction_id: int, group: int, step_s: int, actor_id: int) -> list[Lot]:
    """Close lots in groups of `group`, in order of number: the first when the auction closes, each other `step_s` seconds
    after the one before. Lots with bids keep their time: they are returned.

    Raises LookupError, ControlRefused (over, paused).
    """
    auction, found = _locked(auction_id)
    at = now()
    _not_paused(auction)
    if auction.closes_at <= at:
        raise ControlRefused("over")
    live = sorted((lot for lot in found if _live(lot)), key=lambda lot: lot.number)
    for place, lot in enumerate(live):
        if not lot.last_seq:
            _close_at(lot, auction.closes_at + timedelta(seconds=step_s * (place // group)))
    audit.record("stagger lots", "auction", auction_id, actor_id, group=group, step_s=step_s)
    return [lot for lot in live if lot.last_seq]


def extend(
    auction_id: int, minutes: int, notice: str, operation: str, actor_id: int, lot_ids: Collection[int] = ()
) -> list[Lot]:
    """Give open lots (all of them, or those of `lot_ids`) so many minutes more, and say why; returns these lots.

    The auction's own closing time moves with the whole. The same operation gives its minutes once.

    Raises LookupError, ControlRefused (paused, nothing_open, repeated).
    """
    auction, found = _locked(auction_id)
    at, more = now(), timedelta(minutes=minutes)
    earlier = _earlier(auction_id, operation)
    if earlier is not None and earlier["minutes"] == minutes:
        return [lot for lot in found if lot.number in earlier["lots"]]
    if earlier is not None:
        raise ControlRefused("repeated")
    _not_paused(auction)
    given = [lot for lot in found if _runs(lot, at) and (not lot_ids or lot.id in lot_ids)]
    if not given:
        raise ControlRefused("nothing_open")
    for lot in given:
        _later(lot, lot.closes_at + more, at, operation, actor_id, notice)
    if not lot_ids:
        auction.closes_at += more
    auction.notice = notice
    numbers = [lot.number for lot in given]
    audit.record("extend", "auction", auction_id, actor_id, minutes=minutes, lots=numbers, operation=operation)
    return given


def pause(auction_id: int, notice: str, actor_id: int) -> list[Lot]:
    """Stop the bidding on every open lot, and say why. No lot closes meanwhile. Returns the lots that this pauses.

    Raises LookupError, ControlRefused (paused, not_open, nothing_open).
    """
    auction, found = _locked(auction_id)
    at = now()
    _not_paused(auction)
    if at < auction.opens_at:
        raise ControlRefused("not_open")
    if not any(_runs(lot, at) for lot in found):
        raise ControlRefused("nothing_open")
    stopped = [lot for lot in found if _runs(lot, at) and lot.status is LotStatus.OPEN]
    for lot in stopped:
        lot.status = LotStatus.PAUSED
    auction.paused_at, auction.notice = at, notice
    resting = [lot.id for lot in found if _live(lot) and lot.status is LotStatus.PAUSED and lot not in stopped]
    audit.record(PAUSE, "auction", auction_id, actor_id, lots=[lot.id for lot in stopped], resting=resting)
    return stopped


def resume(auction_id: int, notice: str, actor_id: int) -> timedelta:
    """Let the bidding go on: every lot that had not closed gets the pause's length, in whole seconds, which is returned.

    Lots that were paused one by one before stay paused; those added meanwhile open. Raises LookupError, ControlRefused
    (not_paused).
    """
    auction, found = _locked(auction_id)
    at, since = now(), auction.paused_at
    if since is None:
        raise ControlRefused("not_paused")
    length = timedelta(seconds=max(0, math.ceil((at - since).total_seconds())))
    resting = _resting_before_pause(auction_id)
    operation = token()
    for lot in (lot for lot in found if _live(lot)):
        if lot.status is LotStatus.PAUSED and lot.id not in resting:
            lot.status = LotStatus.OPEN
        if length and lot.closes_at > since:
            _later(lot, lot.closes_at + length, at, operation, actor_id, notice)
    if auction.closes_at > since:
        auction.closes_at += length
    auction.paused_at, auction.notice = None, notice
    audit.record("resume auction", "auction", auction_id, actor_id, seconds=int(length.total_seconds()))
    return length


def say(auction_id: int, notice: str, actor_id: int) -> None:
    """Put up a public notice; an empty one takes it down. Raises LookupError."""
    auction: Auction | None = locked(Auction, auction_id)
    if auction is None:
        raise LookupError(auction_id)
    auction.notice = notice
    audit.record("notice", "auction", auction_id, actor_id, notice=notice)


def reopen(auction_id: int, lot_ids: Collection[int], until: datetime, reason: str, actor_id: int) -> list[Lot]:
    """Open closed lots again that nobody has bought and nobody is offered. Bids stand on, except those of bidders who let
    the lot go: they are voided for `reason`, or their automatic bids would win it again.

    Raises LookupError, ControlRefused (paused, not_later, not_unsold): then no lot is opened.
    """
    auction, found = _locked(auction_id)
    at = now()
    _not_paused(auction)
    if until <= at:
        raise ControlRefused("not_later")
    chosen = [lot for lot in found if lot.id in lot_ids]
    unsold = {lot.id for lot in control_queries.unsold(auction_id)}
    if not chosen or len(chosen) != len(set(lot_ids)) or any(lot.id not in unsold for lot in chosen):
        raise ControlRefused("not_unsold")
    for lot in chosen:
        offers.release(lot, at, reason, actor_id)
        lot.settled_at, lot.status = None, LotStatus.OPEN
        _later(lot, until, at, token(), actor_id, "")
    auction.closes_at = max(auction.closes_at, until)
    audit.record("reopen lots", "auction", auction_id, actor_id, lots=[lot.number for lot in chosen], until=until)
    return chosen


def _locked(auction_id: int) -> tuple[Auction, Sequence[Lot]]:
    """The auction and its lots, locked as bids lock them: lots first."""
    ordered = select(Lot).where(Lot.auction_id == auction_id).order_by(Lot.id).with_for_update()
    found = list(db.session.scalars(ordered.execution_options(populate_existing=True)))
    auction: Auction | None = locked(Auction, auction_id)
    if auction is None:
        raise LookupError(auction_id)
    return auction, found


def _live(lot: Lot) -> bool:
    return lot.settled_at is None and lot.status is not LotStatus.WITHDRAWN


def _runs(lot: Lot, at: datetime) -> bool:
    return _live(lot) and at < lot.closes_at


def _not_paused(auction: Auction) -> None:
    if auction.paused_at is not None:
        raise ControlRefused("paused")


def _earlier(auction_id: int, operation: str) -> dict[str, Any] | None:
    """What was given under this operation before: minutes and numbers of lots."""
    entries = select(AuditEntry.detail).where(AuditEntry.subject_kind == "auction", AuditEntry.subject_id == auction_id)
    told = AuditEntry.detail.contains(f'"operation": {json.dumps(operation)}', autoescape=True)
    detail = db.session.scalar(entries.where(told).limit(1))
    return json.loads(detail) if detail else None


def _resting_before_pause(auction_id: int) -> set[int]:
    """Ids of the lots that were paused already when the newest pause of the whole auction began."""
    query = select(AuditEntry.detail).where(
        AuditEntry.action == PAUSE, AuditEntry.subject_kind == "auction", AuditEntry.subject_id == auction_id
    )
    detail = db.session.scalar(query.order_by(AuditEntry.id.desc()).limit(1))
    return set(json.loads(detail).get("resting", [])) if detail else set()


def _close_at(lot: Lot, end: datetime) -> None:
    """A time for a lot whose log is empty: it is a term of the lot, not yet an event."""
    lot.scheduled_end = lot.closes_at = end
    enqueue(CLOSE, str(lot.id), end, lot_id=lot.id)


def _later(lot: Lot, end: datetime, at: datetime, operation: str, actor_id: int, reason: str) -> None:
    """Let a lot close at `end`, later than it would. Raises ControlRefused (not_later)."""
    if not lot.last_seq:
        return _close_at(lot, end)
    decision = rules.decide_extension(log.state_of(lot), end, at)
    if isinstance(decision, rules.Refused):
        raise ControlRefused("not_later")
    write_down(lot, decision, operation=operation, entered_by=actor_id, reason=reason)
    enqueue(CLOSE, str(lot.id), lot.closes_at, lot_id=lot.id)
    return None
