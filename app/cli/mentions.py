"""Where an address stands among those of others: in lists that were read in, and in who an auction admits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.auctions.models import Auction
from app.cli import traces
from app.core.database import db
from app.events.models import ImportDraft


def lines_of(email: str) -> list[dict[str, Any]]:
    """The lines about an address in lists that wait for their organiser's yes."""
    return [
        {"event_id": draft.event_id, "read_at": draft.created_at.isoformat(), **values}
        for draft in _drafts(email)
        for _line, values in json.loads(draft.rows).get("entries", [])
        if _about(email, values)
    ]


def admitting(email: str) -> list[Auction]:
    """The auctions that name an address among those who may bid."""
    query = select(Auction).where(traces.containing(Auction.admitted, {email})).order_by(Auction.id)
    return [auction for auction in db.session.scalars(query) if email in _admitted(auction)]


def admitted() -> set[str]:
    """Every address that an auction names."""
    auctions = db.session.scalars(select(Auction).where(Auction.admitted != ""))
    return {line for auction in auctions for line in _admitted(auction) if not line.startswith("@")}


def leave(email: str) -> None:
    """Take an address, and what stands beside it, off all these lists, in the current transaction."""
    for auction in admitting(email):
        auction.admitted = "\n".join(line for line in auction.admitted.splitlines() if line.strip().lower() != email)
    for draft in _drafts(email):
        read = json.loads(draft.rows)
        read["entries"] = [entry for entry in read.get("entries", []) if not _about(email, entry[1])]
        draft.rows = json.dumps(read)


def _drafts(email: str) -> list[ImportDraft]:
    return list(db.session.scalars(select(ImportDraft).where(traces.containing(ImportDraft.rows, {email}))))


def _about(email: str, values: Mapping[str, Any]) -> bool:
    return any(str(value).strip().lower() == email for value in values.values())


def _admitted(auction: Auction) -> set[str]:
    return {line.strip().lower() for line in auction.admitted.splitlines() if line.strip()}
