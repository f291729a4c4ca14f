"""One person's data: everything exported, or everything erased. Both find it through the same table of places.

Erasure keeps the rows that money and counts need, under a pseudonym. A keyed hash of the address is kept outside the
database, so that a restored older backup is erased again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import delete, inspect, select, update

from app.accounts.models import Person, SignInCode, person_role
from app.accounts.services import sign_out_everywhere
from app.auctions.models import Bidder, BidRefusal, LotEvent
from app.core import audit
from app.core.database import Base, db
from app.core.mail import Mail
from app.core.transactions import atomic
from app.events.models import LIVE, Registration
from app.payments.models import Invoice, WebhookReceipt
from app.web.typed import TypedForm

NOT_EXPORTED = ("password", "fs_uniquifier", "code_hash", "link_hash", "browser")


def _places(person: Person) -> dict[str, Any]:
    """Where a person's data stands: a query for each table."""
    return {
        "person": select(Person).where(Person.id == person.id),
        "sign_in_codes": select(SignInCode).where(SignInCode.email == person.email),
        "registrations": select(Registration).where(
            (Registration.person_id == person.id) | (Registration.email == person.email)
        ),
        "paddles": select(Bidder).where(Bidder.person_id == person.id),
        "bids": select(LotEvent).join(Bidder, LotEvent.bidder_id == Bidder.id).where(Bidder.person_id == person.id),
        "refused_bids": select(BidRefusal).where(BidRefusal.person_id == person.id),
        "invoices": select(Invoice).where((Invoice.person_id == person.id) | (Invoice.email == person.email)),
        "mails": select(Mail).where(Mail.recipient == person.email),
    }


def export(email: str) -> dict[str, Any] | None:
    """Everything kept about the person of an address, as plain data; None if there is nobody."""
    person = _find(email)
    if person is None:
        return None
    return {name: [_plain(row) for row in db.session.scalars(query)] for name, query in _places(person).items()}


def _plain(row: Base) -> dict[str, Any]:
    columns = inspect(type(row)).columns
    values = {column.key: getattr(row, column.key) for column in columns if column.key not in NOT_EXPORTED}
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in values.items()}


def erase(email: str, withdraw: Callable[[int], None]) -> bool:
    """Erase the person of an address; False if there is nobody. `withdraw` frees the seats of a registration id."""
    person = _find(email)
    if person is None:
        return False
    live = db.session.scalars(
        select(Registration.id).where(Registration.email == person.email, Registration.status.in_(LIVE))
    ).all()
    for registration_id in live:
        withdraw(registration_id)
    with atomic():
        _forget(db.session.get_one(Person, person.id))
    _remember(email)
    _scrub()
    return True


def _forget(person: Person) -> None:
    email, name, pseudonym = person.email, person.name, f"erased-{person.id}@erased.invalid"
    theirs = (Registration.person_id == person.id) | (Registration.email == email)
    db.session.execute(update(Registration).where(theirs).values(name="–", email=pseudonym, needs="", person_id=None))
    billed = (Invoice.person_id == person.id) | (Invoice.email == email)
    db.session.execute(update(Invoice).where(billed).values(buyer=f"Buyer {person.id}", email=pseudonym))
    db.session.execute(delete(Mail).where(Mail.recipient == email))
    db.session.execute(delete(SignInCode).where(SignInCode.email == email))
    db.session.execute(update(BidRefusal).where(BidRefusal.person_id == person.id).values(person_id=None))
    for column, owner, cleared in (
        (TypedForm.fields, TypedForm, {"fields": "[]"}),
        (WebhookReceipt.payload, WebhookReceipt, {"payload": "{}"}),
        (Mail.text, Mail, {"text": "", "html": ""}),
    ):
        for word in filter(None, (email, name)):
            db.session.execute(update(owner).where(column.contains(word, autoescape=True)).values(**cleared))
    db.session.execute(delete(person_role).where(person_role.c.person_id == person.id))
    person.email, person.name, person.password, person.active = pseudonym, "", None, False
    person.verified_at = None
    sign_out_everywhere(person)
    audit.record("erase", "person", person.id, None)


def _find(email: str) -> Person | None:
    return db.session.scalar(select(Person).where(Person.email == email.strip().lower()))


def _list() -> Path:
    path: Path = current_app.config["KERMESSE"].data_dir / "erased"
    return path


def _digest(email: str) -> str:
    key = str(current_app.secret_key).encode()
    return hmac.new(key, b"erased:" + email.strip().lower().encode(), hashlib.sha256).hexdigest()


def _remember(email: str) -> None:
    with _list().open("a") as file:
        file.write(_digest(email) + "\n")


def erase_again() -> None:
    """After a restore: erase everybody whose erasure was promised."""
    known = set(_list().read_text().split()) if _list().exists() else set()
    for email in list(db.session.scalars(select(Person.email))):
        if _digest(email) in known:
            erase(email, lambda _id: None)


def _scrub() -> None:
    """On SQLite, rewrite the file: deleted rows would linger in free pages."""
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            if connection.in_transaction():
                raw.execute("ROLLBACK")
            raw.execute("VACUUM")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
