"""Between rows and rules: a lot's terms, its cached state, its log, and how a decision is written down."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from app.auctions import rules
from app.auctions.chain import Chain, lines
from app.auctions.models import Auction, Bidder, EventKind, Lot, LotEvent, LotStatus
from app.core.database import db

SANITY_TIMES = 10  # of what it takes now: 4000 typed for 40.00 is asked about, a generous bid is not


def terms_of(auction: Auction, lot: Lot) -> rules.LotTerms:
    """What the rules need to know about a lot that does not change by bids."""
    return rules.LotTerms(
        start=lot.start,
        unit=auction.unit,
        reserve=lot.reserve,
        increments=tuple((low, step) for low, step in json.loads(auction.increments)),
        opens=auction.opens_at,
        scheduled_end=lot.first_end or lot.scheduled_end,
        soft_close_s=auction.soft_close_s,
        cap_s=auction.soft_close_cap_s,
        sanity_cap=lot.sanity_cap,
        sanity_times=SANITY_TIMES,
        buy_now=lot.buy_now,
    )


def state_of(lot: Lot) -> rules.LotState:
    """The lot's state from the columns that cache it, without reading the log."""
    lead = None
    if lot.leader_id is not None and lot.maximum is not None and lot.price is not None:
        lead = rules.Lead(lot.leader_id, lot.maximum, lot.price, lot.exact)
    return rules.LotState(
        closes_at=lot.closes_at, scheduled_end=lot.scheduled_end, lead=lead, bids=lot.bids, last_seq=lot.last_seq
    )


def status_of(lot: Lot, *, eligible: bool = True) -> rules.Status:
    """What the log does not know."""
    return rules.Status(
        closed=lot.settled_at is not None,
        withdrawn=lot.status is LotStatus.WITHDRAWN,
        paused=lot.status is LotStatus.PAUSED,
        online_frozen=lot.room_only,
        eligible=eligible,
    )


def held(auction: Auction, lot: Lot) -> bool:
    """Whether a pause of the whole auction keeps the lot from closing: it was open when the pause began."""
    return auction.paused_at is not None and lot.settled_at is None and auction.paused_at < lot.closes_at


def keep(lot: Lot, state: rules.LotState) -> None:
    """Write a state into the columns that cache it."""
    if state.scheduled_end != lot.scheduled_end:
        lot.first_end = lot.first_end or lot.scheduled_end
        lot.scheduled_end = state.scheduled_end
    lot.closes_at, lot.bids, lot.last_seq = state.closes_at, state.bids, state.last_seq
    lot.price, lot.maximum = state.price, state.maximum
    lot.leader_id = int(state.leader) if state.leader is not None else None
    lot.exact = bool(state.lead and state.lead.exact)


def log_of(lot_id: int) -> list[LotEvent]:
    """Every accepted event of a lot, in order."""
    return list(db.session.scalars(select(LotEvent).where(LotEvent.lot_id == lot_id).order_by(LotEvent.seq)))


@cache
def not_voided() -> ColumnElement[bool]:
    """Of the log's bids those that no void has removed. A void takes the later ones of its bidder along."""
    void, target = aliased(LotEvent), aliased(LotEvent)
    removed = (
        select(void.id).join(target, (target.lot_id == void.lot_id) & (target.seq == void.voids_seq))
        .where(void.lot_id == LotEvent.lot_id, void.bidder_id.is_(None), void.kind == EventKind.VOID)
        .where(void.seq > LotEvent.seq, target.seq <= LotEvent.seq, target.bidder_id == LotEvent.bidder_id)
    )  # fmt: skip
    return ~removed.exists()


def events_of(rows: Iterable[LotEvent]) -> list[rules.Event]:
    """The log as the rules read it."""
    events: list[rules.Event] = []
    for row in rows:
        if row.kind is EventKind.VOID:
            events.append(rules.Void(seq=row.seq, target=row.voids_seq or 0, at=row.at))
        elif row.kind is EventKind.EXTEND:
            events.append(rules.Extend(seq=row.seq, scheduled_end=row.scheduled_end or row.at, at=row.at))
        else:
            events.append(
                rules.Bid(seq=row.seq, bidder=row.bidder_id or 0, amount=row.amount or 0, at=row.at, exact=row.exact)
            )
    return events


def differences(auction: Auction, lot: Lot) -> list[str]:
    """Where what is kept differs from the replay of the log; empty when all is right."""
    rows, terms = log_of(lot.id), terms_of(auction, lot)
    found = [] if [row.seq for row in rows] == list(range(1, len(rows) + 1)) else ["seq is not gapless"]
    state = rules.empty(terms)
    try:
        for row, (_, after) in zip(rows, rules.history(terms, events_of(rows)), strict=True):
            if row.kind is EventKind.BID and row.at >= state.closes_at:
                found.append(f"seq {row.seq}: accepted at or after the closing time")
            told, state = (row.price, row.leader_id, row.closes_at), after
            if told != (state.price, state.leader, state.closes_at):
                replayed = state.price, state.leader, state.closes_at
                found.append(f"seq {row.seq}: the log tells {told}, the replay {replayed}")
    except ValueError as fault:
        return [*found, str(fault)]
    if state_of(lot) != state:
        found.append("the columns differ from the replay")
    return found + public_differences(auction, lot, rows, terms)


def chain_of(auction: Auction, lot: Lot, terms: rules.LotTerms) -> Chain:
    """The public log of a lot from its beginning."""
    return Chain(number=lot.number, currency=auction.currency, terms=terms, secret=lot.secret)


def public_differences(auction: Auction, lot: Lot, rows: Sequence[LotEvent], terms: rules.LotTerms) -> list[str]:
    """Where the public lines differ from those that the log gives when it is written anew."""
    paddles = {
        row[0]: row[1] for row in db.session.execute(select(Bidder.id, Bidder.paddle).filter_by(auction_id=auction.id))
    }
    chain, found = chain_of(auction, lot, terms), []
    for row, (_event, _state, line) in zip(rows, lines(chain, events_of(rows), paddles), strict=True):
        if (row.line, row.hash) != (line.text, line.hash):
            found.append(f"seq {row.seq}: the public line is not the one that the log gives")
    if (lot.head, lot.sealed_from) != (chain.head, chain.sealed_from):
        found.append("the head of the public log differs")
    return found
