"""Reads about partners."""

from __future__ import annotations

from sqlalchemy import Select, select

from app.core.database import db
from app.core.folding import found_in
from app.partners.models import Partner, PartnerKind


def partners(search: str = "", kind: str = "") -> Select[Partner]:
    """All partners by name, filtered by a part of the name or city and by kind."""
    query = select(Partner).order_by(Partner.name, Partner.id)
    if search:
        query = query.where(found_in(search, Partner.name, Partner.city))
    if kind in set(PartnerKind):
        query = query.where(Partner.kind == PartnerKind(kind))
    return query


def partner(partner_id: int) -> Partner | None:
    """One partner by its id."""
    return db.session.get(Partner, partner_id)


def partner_choices(kind: PartnerKind | None = None) -> list[tuple[int, str]]:
    """(id, name) of every partner, of one kind if named, for forms."""
    query = select(Partner.id, Partner.name).order_by(Partner.name)
    if kind is not None:
        query = query.where(Partner.kind == kind)
    return [(row.id, row.name) for row in db.session.execute(query)]
