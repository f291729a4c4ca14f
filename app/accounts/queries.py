"""Reads about people."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import Select, exists, or_, select

from app.accounts.models import Person, Role
from app.core.database import db


def is_staff(person: Person) -> bool:
    """Whether the verified address is in one of the organisation's domains (STAFF_DOMAINS)."""
    domains = current_app.config["KERMESSE"]["STAFF_DOMAINS"]
    return person.verified_at is not None and person.email.rsplit("@", 1)[-1] in domains


def has_administrator() -> bool:
    """Whether somebody holds the admin role and has signed in."""
    held = exists().where(Person.roles.any(Role.name == "admin"), Person.verified_at.is_not(None))
    return bool(db.session.scalar(select(held)))


def people(search: str = "") -> Select[Any]:
    """Everybody with a role first, filtered by a part of name or address."""
    query = select(Person).order_by(~Person.roles.any(), Person.email)
    if search:
        pattern = "%" + search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(or_(Person.email.ilike(pattern, escape="\\"), Person.name.ilike(pattern, escape="\\")))
    return query
