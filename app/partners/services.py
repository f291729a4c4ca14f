"""Commands on partners, and addresses made from titles."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import short_code
from app.core.transactions import locked
from app.partners.models import Partner, PartnerKind

LONGEST_SLUG = 60


def slug_of(title: str, fallback: str) -> str:
    """`Été à l'école!` becomes `ete-a-l-ecole`; a title without Latin letters becomes the fallback."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-") or fallback


def add_with_slug(row: Any, title: str, fallback: str) -> None:
    """Save a new row under a free address: its `slug`, with a number or a code behind it when that is taken."""
    base = slug_of(title, fallback)
    model = type(row)
    known = set(db.session.scalars(select(model.slug).where(model.slug.startswith(base, autoescape=True))))
    candidates = [base, *(f"{base}-{number}" for number in range(2, 10))]
    free = [slug for slug in candidates if slug not in known]
    for slug in [*free[:1], f"{base}-{short_code().lower()}"]:
        row.slug = slug
        try:
            with db.session.begin_nested():  # somebody may take the same address at the same moment
                db.session.add(row)
            return
        except IntegrityError:
            continue
    row.slug = f"{base}-{short_code(10).lower()}"
    db.session.add(row)
    db.session.flush()


def create_partner(
    *,
    name: str,
    kind: PartnerKind | str,
    city: str = "",
    country: str = "",
    website: str = "",
    email: str = "",
    summary: str = "",
    actor_id: int | None = None,
) -> Partner:
    """Add an organisation; its address is made from its name."""
    partner = Partner(
        name=name, kind=PartnerKind(kind), city=city, country=country, website=website, email=email, summary=summary,
        created_at=now(),
    )  # fmt: skip
    add_with_slug(partner, name, "partner")
    audit.record("add partner", "partner", partner.id, actor_id)
    return partner


def update_partner(partner_id: int, *, actor_id: int | None, **values: Any) -> Partner:
    """Change what we know of a partner; its address stays. `values` are columns of Partner. Raises LookupError."""
    partner: Partner | None = locked(Partner, partner_id)
    if partner is None:
        raise LookupError(partner_id)
    for name, value in values.items():
        setattr(partner, name, PartnerKind(value) if name == "kind" else value)
    audit.record("edit partner", "partner", partner_id, actor_id)
    return partner
