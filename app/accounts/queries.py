"""Reads about people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Select, exists, or_, select

from app.accounts.models import Person, Role, SsoIdentity
from app.core.clock import now
from app.core.database import db
from app.web.forms import normal_email

STAFF_FOR = timedelta(days=30)  # as long as a session: who was let go there is not staff here much longer


def is_staff(person: Person) -> bool:
    """Whether somebody belongs to the organisation: their verified address is in one of its domains (STAFF_DOMAINS), or they
    signed in through its own sign-in (OIDC_ISSUER) in the last thirty days."""
    config = current_app.config["KERMESSE"]
    if person.verified_at is None:
        return False
    if person.email.rsplit("@", 1)[-1] in config["STAFF_DOMAINS"]:
        return True
    return bool(config["OIDC_ISSUER"]) and _came_through(config["OIDC_ISSUER"], person.id)


def _came_through(issuer: str, person_id: int) -> bool:
    lately = SsoIdentity.seen_at > now() - STAFF_FOR
    theirs = exists().where(SsoIdentity.person_id == person_id, SsoIdentity.issuer == issuer, lately)
    return bool(db.session.scalar(select(theirs)))


def joined(person_ids: Iterable[int]) -> set[int]:
    """Which of these people an account of the organisation's own sign-in belongs to."""
    query = select(SsoIdentity.person_id).where(SsoIdentity.person_id.in_(list(person_ids)))
    return set(db.session.scalars(query))


def person_id_of(email: str) -> int | None:
    """Whose address this is. Raises ValueError for what is none."""
    return db.session.scalar(select(Person.id).where(Person.email == normal_email(email)))


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
