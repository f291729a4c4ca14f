"""Signing in through the organisation: whose account an identity of its provider opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import sso_rules
from app.accounts.models import Person, SsoIdentity
from app.accounts.services import find_or_create
from app.accounts.sso_rules import Told, Trust
from app.config import Config
from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.mail import queue_mail
from app.core.transactions import locked
from app.web.forms import clean, normal_email, storable

LONGEST_NAME = 120


class SsoRefused(Exception):
    """`reason`: no_address, unverified, foreign (see sso_rules.refusal); taken (the address belongs to somebody whom the
    provider knows as another), unproved (somebody here has this address, and the provider is not who decides about it),
    disabled (their account here is closed)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Entered:
    """Who signs in. `moved`: the provider gives them another address than last time, while here they keep theirs."""

    person: Person
    moved: bool = False


def trust() -> Trust:
    """What the settings say of the provider."""
    config: Config = current_app.config["KERMESSE"]
    named = tuple(domain for domain in config["OIDC_DOMAINS"] if domain != "*")
    return Trust(
        issuer=config["OIDC_ISSUER"],
        domains=named or config["STAFF_DOMAINS"],
        anybody="*" in config["OIDC_DOMAINS"],
        assigned=config["OIDC_ASSIGNS_ADDRESSES"] == "yes",
    )


def told_by(claims: Mapping[str, Any]) -> Told:
    """What checked claims tell of a person, in our terms; whatever is not of its kind counts as not told."""
    email, name, verified, workspace = (claims.get(key) for key in ("email", "name", "email_verified", "hd"))
    try:
        address = normal_email(email) if isinstance(email, str) else ""
    except ValueError:
        address = ""
    words = clean(name)[:LONGEST_NAME] if isinstance(name, str) else ""
    return Told(
        subject=claims["sub"],
        email=address,
        verified=verified is True if "email_verified" in claims else None,
        name=words if storable(words, lines=False) else "",
        workspace=workspace.lower() if isinstance(workspace, str) else "",
    )


def enter(told: Told, believed: Trust, locale: str, here_id: int | None) -> Entered:
    """The person of an identity, made or joined at its first sign-in. `here_id` is who is signed in on this browser already.

    Raises SsoRefused. What two sign-ins at once would do twice breaks a unique constraint: call it again then.
    """
    reason = sso_rules.refusal(told, believed)
    if reason is not None:
        raise SsoRefused(reason)
    known = (SsoIdentity.issuer == believed.issuer, SsoIdentity.subject == told.subject)
    identity = db.session.scalar(select(SsoIdentity).where(*known).with_for_update())
    if identity is None:
        return Entered(_join(told, believed, locale, here_id))
    person: Person = locked(Person, identity.person_id)
    if not person.active:
        raise SsoRefused("disabled")
    moved = identity.email != told.email and person.email != told.email
    identity.email, identity.seen_at = told.email, now()
    return Entered(person, moved)


def _join(told: Told, believed: Trust, locale: str, here_id: int | None) -> Person:
    """The person of the address. They may be known already by a code that was mailed there: where the provider decides who has
    the address, that is the same person; else they show it once by signing in both ways on one browser."""
    person = db.session.scalar(select(Person).where(Person.email == told.email).with_for_update())
    if person is not None:
        _refuse_another(person, told, believed, here_id)
    earlier = person is not None and person.verified_at is not None
    person = person or find_or_create(told.email, told.name, locale)
    person.name = person.name or told.name
    person.verified_at = person.verified_at or now()
    db.session.add(
        SsoIdentity(
            person_id=person.id,
            issuer=believed.issuer,
            subject=told.subject,
            email=told.email,
            created_at=now(),
            seen_at=now(),
        )
    )
    db.session.flush()
    audit.record("join organisation sign-in", "person", person.id, person.id)
    if earlier:
        _tell(person)
    return person


def _refuse_another(person: Person, told: Told, believed: Trust, here_id: int | None) -> None:
    if not person.active:
        raise SsoRefused("disabled")
    theirs = (SsoIdentity.person_id == person.id, SsoIdentity.issuer == believed.issuer)
    if db.session.scalar(select(SsoIdentity.id).where(*theirs)) is not None:
        raise SsoRefused("taken")
    if not sso_rules.vouched(told, believed) and person.id != here_id:
        raise SsoRefused("unproved")


def _tell(person: Person) -> None:
    """An account that had one way in has two now: its holder hears of it by the way there was."""
    name = current_app.config["KERMESSE"].sign_in_through
    with force_locale(person.locale):
        subject = _("You can now sign in through %(name)s", name=name)
    queue_mail(
        f"sso-joined:{person.id}:{now().isoformat()}",
        person.email,
        "sso_joined",
        subject,
        locale=person.locale,
        through=name,
    )


def forget(person_id: int, actor_id: int | None) -> bool:
    """Forget whom the provider knows a person as: whoever comes through it with their address next is joined anew. False if
    nothing was kept."""
    kept = db.session.scalars(select(SsoIdentity).where(SsoIdentity.person_id == person_id)).all()
    for identity in kept:
        db.session.delete(identity)
    if kept:
        audit.record("forget organisation sign-in", "person", person_id, actor_id)
    return bool(kept)
