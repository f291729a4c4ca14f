"""Events for a closed list: whose addresses and domains are on it. What the list opens is decided in `audience`."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, func, select

from app.core import audit
from app.core.database import db
from app.core.transactions import in_turn
from app.events.models import AllowedAddress


def names_of(event_id: int) -> dict[str, str]:
    """The addresses and @domains of an event's list, each with the name of the list that it came with."""
    query = select(AllowedAddress.address, AllowedAddress.list_name).where(AllowedAddress.event_id == event_id)
    return {row.address: row.list_name for row in db.session.execute(query)}


def groups_of(event_id: int) -> list[tuple[str, int]]:
    """(name, how many addresses) of the lists that an event is for."""
    query = select(AllowedAddress.list_name, func.count()).where(AllowedAddress.event_id == event_id)
    return [
        (name, count)
        for name, count in db.session.execute(query.group_by(AllowedAddress.list_name).order_by("list_name"))
    ]


def put(event_id: int, named: Mapping[str, str], actor_id: int | None) -> None:
    """Put addresses on the list, each with the name of its group; one that is there changes its group."""
    in_turn(f"closed list:{event_id}")  # else two who put the same address would both find it missing
    present = db.session.scalars(select(AllowedAddress).where(AllowedAddress.event_id == event_id)).all()
    for row in present:
        row.list_name = named.get(row.address, row.list_name)
    there = {row.address for row in present}
    new = [address for address in named if address not in there]
    db.session.add_all(AllowedAddress(event_id=event_id, address=address, list_name=named[address]) for address in new)
    db.session.flush()
    audit.record("put on a closed list", "event", event_id, actor_id, count=len(new))


def take_off(event_id: int, actor_id: int | None, *, address: str = "", group: str | None = None) -> int:
    """Take one address or a whole group off the list; who is registered stays so. Returns how many were there."""
    which = AllowedAddress.address == address if group is None else AllowedAddress.list_name == group
    found = delete(AllowedAddress).where(AllowedAddress.event_id == event_id, which)
    count: int = db.session.execute(found.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
    audit.record("take off a closed list", "event", event_id, actor_id, count=count)
    return count
