"""The demo's people and partners."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts import services as accounts
from app.accounts.models import Person
from app.cli.demo.texts import BIDDERS, PARTNERS, PEOPLE
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.partners.models import Partner
from app.partners.services import create_partner


def complete() -> bool:
    """Whether this stage stands."""
    return db.session.scalar(select(Person.id).where(Person.email == BIDDERS[-1][0])) is not None


def person(email: str) -> Person:
    """Somebody of the demo."""
    return db.session.scalars(select(Person).where(Person.email == email)).one()


def partner(slug: str) -> Partner:
    """A partner of the demo, by the key of `texts.PARTNERS`."""
    name = next(entry["name"] for entry in PARTNERS if entry["slug"] == slug)
    return db.session.scalars(select(Partner).where(Partner.name == name)).one()


def seed() -> None:
    """Save whoever is missing."""
    with atomic():
        for email, name, role in (*PEOPLE, *((email, name, None) for email, name in BIDDERS)):
            found = accounts.find_or_create(email, name)
            found.verified_at = found.verified_at or now()
            if role:
                accounts.grant(email, role, None)
        for entry in PARTNERS:
            if db.session.scalar(select(Partner.id).where(Partner.name == entry["name"])) is None:
                create_partner(**{key: value for key, value in entry.items() if key != "slug"})
