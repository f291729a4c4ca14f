"""One person's data: everything exported, or everything erased. Both find it through the same table of places.

Erasure keeps the rows that money and counts need, under a pseudonym. A keyed hash of the address is kept outside the
database, in DATA_DIR/erased, so that a restored older backup is erased again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, false, inspect, or_, select, update

from app.accounts.models import Person, SignInCode, SsoIdentity, person_role
from app.accounts.services import sign_out_everywhere
from app.auctions.models import (
    AbsenteeBid,
    Award,
    Bidder,
    BidRefusal,
    LotEvent,
    Pledge,
    PushSubscription,
    VoidRequest,
    Watch,
)
from app.cli import erased, mentions, traces
from app.core import audit, storage
from app.core.audit import AuditEntry
from app.core.clock import now
from app.core.database import Base, db
from app.core.mail import Mail, Suppressed
from app.core.transactions import atomic, retried
from app.events import forgetting
from app.events import services as events
from app.events.forgetting import NOBODY
from app.events.models import (
    LIVE,
    Admission,
    AllowedAddress,
    Answer,
    CalendarFeed,
    Door,
    Event,
    EventMessage,
    Guest,
    Invitation,
    OutcomeNote,
    QueueMove,
    Registration,
    Speaker,
)
from app.events.models import Outcome as EventOutcome
from app.events.outcomes import forget_owner
from app.events.seats import RegistrationRefused
from app.galleries.models import Artwork
from app.partners.models import Partner
from app.payments import cards
from app.payments.card_models import KeptCard
from app.payments.models import Invoice, InvoiceLine, Payment, Refund, WebhookReceipt
from app.web.forms import normal_email
from app.web.typed import TypedForm

# Secrets, and what tells about others: who led then, who sat at the desk, what an organiser wrote.
NOT_EXPORTED = (
    "password", "fs_uniquifier", "code_hash", "link_hash", "browser", "token", "checkout_url", "p256dh", "auth",
    "leader_id", "entered_by", "recorded_by", "detail", "card_waived_by", "session_ref", "customer_ref", "card_ref", "back", "file_key",
)  # fmt: skip
# Somebody else may have the same name: these columns are told apart by the address beside them, or are a pupil's.
IDENTITIES = tuple(
    str(column.property.columns[0])
    for column in (
        Person.name,
        Registration.name,
        Invitation.name,
        Guest.name,
        Invoice.buyer,
        Artwork.artist,
        EventOutcome.owner,
    )
)


class Outcome(StrEnum):
    """What an erasure found."""

    ERASED = "erased"
    BEFORE = "before"
    UNKNOWN = "unknown"


def _theirs(model: Any, email: str, person: Person | None) -> ColumnElement[bool]:
    return or_(model.email == email, model.person_id == person.id if person else false())


def _places(email: str, person: Person | None) -> dict[str, Any]:
    """Where a person's data stands: a query for each table. Guests have an address and no account."""
    person_id = person.id if person else 0  # nobody's: None would find what nobody in particular did
    paddles = select(Bidder.id).where(Bidder.person_id == person_id)
    registered = select(Registration.id).where(_theirs(Registration, email, person))
    invoices = select(Invoice.id).where(_theirs(Invoice, email, person))
    outcomes = select(EventOutcome.id).where(EventOutcome.owner_email == email)
    payments = select(Payment.id).where(Payment.invoice_id.in_(invoices))
    return {
        "person": select(Person).where(Person.id == person_id),
        "sign_in_codes": select(SignInCode).where(SignInCode.email == email),
        "organisation_sign_in": select(SsoIdentity).where(SsoIdentity.person_id == person_id),
        "registrations": select(Registration).where(_theirs(Registration, email, person)),
        "calendar": select(CalendarFeed).where(CalendarFeed.person_id == person_id),
        "spoke": select(Speaker).where(Speaker.email == email),
        "outcomes": select(EventOutcome).where(EventOutcome.owner_email == email),
        "outcome_notes": select(OutcomeNote).where(
            or_(OutcomeNote.actor_id == person_id, OutcomeNote.by_owner & OutcomeNote.outcome_id.in_(outcomes))
        ),
        "guests": select(Guest).where(Guest.registration_id.in_(registered)),
        "answers": select(Answer).where(Answer.registration_id.in_(registered)),
        "moved_in_queues": select(QueueMove).where(QueueMove.registration_id.in_(registered)),
        "invitations": select(Invitation).where(Invitation.email == email),
        "closed_lists": select(AllowedAddress).where(AllowedAddress.address == email),
        "admissions": select(Admission).where(
            Admission.registration_id.in_(select(Registration.id).where(_theirs(Registration, email, person)))
        ),
        "doors_opened": select(Door).where(Door.opened_by == person_id),
        "paddles": select(Bidder).where(Bidder.person_id == person_id),
        "bids": select(LotEvent).where(LotEvent.bidder_id.in_(paddles)),
        "absentee_bids": select(AbsenteeBid).where(AbsenteeBid.bidder_id.in_(paddles)),
        "refused_bids": select(BidRefusal).where(BidRefusal.person_id == person_id),
        "pledges": select(Pledge).where(Pledge.bidder_id.in_(paddles)),
        "watched_lots": select(Watch).where(Watch.person_id == person_id),
        "browsers": select(PushSubscription).where(PushSubscription.person_id == person_id),
        "void_requests": select(VoidRequest).where(
            or_(VoidRequest.asked_by == person_id, VoidRequest.decided_by == person_id)
        ),
        "lots_won": select(Award).where(Award.bidder_id.in_(paddles)),
        "invoices": select(Invoice).where(_theirs(Invoice, email, person)),
        "invoice_lines": select(InvoiceLine).where(InvoiceLine.invoice_id.in_(invoices)),
        "cards": select(KeptCard).where(KeptCard.person_id == person_id),
        "payments": select(Payment).where(Payment.invoice_id.in_(invoices)),
        "refunds": select(Refund).where(Refund.payment_id.in_(payments)),
        "mails": select(Mail).where(Mail.recipient == email),
        "addresses_not_written_to": select(Suppressed).where(Suppressed.address == email),
        "messages_written": select(EventMessage).where(EventMessage.written_by == person_id),
        "actions": select(AuditEntry).where(AuditEntry.actor_id == person_id),
        "contact_of": select(Partner).where(Partner.email == email),
    }


def export(email: str) -> dict[str, Any] | None:
    """Everything kept about the person of an address, as plain data; None if there is nobody."""
    email = _normal(email)
    person = _find(email)
    places = _places(email, person)
    found: dict[str, Any] = {name: [_plain(row) for row in db.session.scalars(query)] for name, query in places.items()}
    found["lists_read_in"] = mentions.lines_of(email)
    found["auctions_that_admit"] = [auction.slug for auction in mentions.admitting(email)]
    if not any(found.values()):
        return None
    return found | {"roles": [role.name for role in person.roles] if person else []}


def _plain(row: Base) -> dict[str, Any]:
    columns = inspect(type(row)).columns
    values = {column.key: getattr(row, column.key) for column in columns if column.key not in NOT_EXPORTED}
    if isinstance(row, KeptCard):
        values["card"] = f"a card ending {row.last4}" if row.last4 else "a card"
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in values.items()}


def _known_by(email: str) -> bool:
    """Whether an address stands anywhere, without an account."""
    rows = (db.session.scalar(query.limit(1)) for query in _places(email, None).values())
    return any(rows) or bool(mentions.lines_of(email) or mentions.admitting(email))


def erase(email: str) -> Outcome:
    """Erase the person of an address: seats are freed, what names them goes, amounts stay."""
    outcome = _erase(email)
    if outcome is Outcome.ERASED:
        _scrub()
    return outcome


def erase_all(emails: Sequence[str]) -> None:
    """Erase many, and write the file anew once."""
    for email in emails:
        _erase(email)
    if emails:
        _scrub()


def _erase(email: str) -> Outcome:
    email = _normal(email)
    person = _find(email)
    if person is None and not _known_by(email):
        return Outcome.BEFORE if erased.digest(email) in erased.known() else Outcome.UNKNOWN
    # Before the rows: a crash between the two must not let a restored backup bring back somebody who asked to go.
    erased.remember([f"{erased.digest(email)} {now().isoformat()}"])
    _leave_events(email, person)
    for key in retried(lambda: _erase_rows(email)):
        storage.delete(key)
    return Outcome.ERASED


def _leave_events(email: str, person: Person | None) -> None:
    live = select(Registration.id).where(_theirs(Registration, email, person), Registration.status.in_(LIVE))
    for registration_id in db.session.scalars(live).all():
        with contextlib.suppress(RegistrationRefused), atomic():  # refused: it is over, and frees nothing
            events.withdraw(registration_id)


def _erase_rows(email: str) -> list[str]:
    """Returns the keys of their files, which go once the rows have gone."""
    with atomic():
        person = _find(email)
        registrations = db.session.scalars(select(Registration).where(_theirs(Registration, email, person))).all()
        invoices = db.session.scalars(select(Invoice).where(_theirs(Invoice, email, person))).all()
        invitations = db.session.scalars(select(Invitation).where(Invitation.email == email)).all()
        owned = db.session.scalars(select(EventOutcome).where(EventOutcome.owner_email == email)).all()
        names = {
            person.name if person else "",
            *(row.name for row in invitations),
            *(row.name for row in registrations if row.email == email),
        }
        names |= {row.buyer for row in invoices if row.email == email} | {row.owner for row in owned}
        files = forgetting.forget_answers([row.id for row in registrations])
        for registration in registrations:
            forgetting.forget_registration(registration)
        for invitation in invitations:
            forgetting.forget_invitation(invitation)
        db.session.execute(delete(AllowedAddress).where(AllowedAddress.address == email))
        mentions.leave(email)
        for outcome in owned:
            forget_owner(outcome)
        for invoice in invoices:
            invoice.buyer, invoice.email = f"Buyer {invoice.id}", f"invoice-{invoice.id}@{NOBODY}"
        db.session.execute(delete(Mail).where(Mail.recipient == email))
        db.session.execute(delete(Suppressed).where(Suppressed.address == email))
        db.session.execute(delete(SignInCode).where(SignInCode.email == email))
        db.session.execute(update(Partner).where(Partner.email == email).values(email=""))
        names |= set(db.session.scalars(select(Speaker.name).where(Speaker.email == email)))
        db.session.execute(delete(Speaker).where(Speaker.email == email))
        if person is not None:
            _forget(person)
        _take_out(email, {name for name in names if name.strip() != email}, [invoice.id for invoice in invoices])
        return files


def _forget(person: Person) -> None:
    db.session.execute(update(BidRefusal).where(BidRefusal.person_id == person.id).values(person_id=None))
    db.session.execute(delete(SsoIdentity).where(SsoIdentity.person_id == person.id))
    db.session.execute(delete(Watch).where(Watch.person_id == person.id))
    db.session.execute(update(EventMessage).where(EventMessage.written_by == person.id).values(written_by=None))
    db.session.execute(delete(CalendarFeed).where(CalendarFeed.person_id == person.id))
    db.session.execute(delete(PushSubscription).where(PushSubscription.person_id == person.id))
    uncounted = AbsenteeBid.counted_at.is_(None) & AbsenteeBid.bidder_id.in_(
        select(Bidder.id).where(Bidder.person_id == person.id)
    )
    db.session.execute(delete(AbsenteeBid).where(uncounted).execution_options(synchronize_session=False))
    cards.erase(person.id)
    db.session.execute(delete(person_role).where(person_role.c.person_id == person.id))
    db.session.expire(person, ["roles"])
    person.email, person.name = f"erased-{person.id}@{NOBODY}", ""
    person.password, person.active, person.verified_at = None, False, None
    sign_out_everywhere(person)
    audit.record("erase", "person", person.id, None)


def _take_out(email: str, names: set[str], invoice_ids: list[int]) -> None:
    """What others, forms and the payment provider wrote. A first name alone means too many people to look for."""
    full = {name.strip() for name in names if len(name.split()) > 1}
    words = {email, *full}
    db.session.flush()
    db.session.execute(delete(TypedForm).where(traces.containing(TypedForm.fields, words)))
    told = [traces.containing(WebhookReceipt.payload, words)]
    for payment in db.session.scalars(select(Payment).where(Payment.invoice_id.in_(invoice_ids))):
        payment.checkout_url = None
        refs = [ref for ref in (payment.provider_ref, payment.provider_payment) if ref]
        told += [WebhookReceipt.payload.contains(ref, autoescape=True) for ref in refs]
    db.session.execute(update(WebhookReceipt).where(or_(*told)).values(payload="{}"))
    db.session.flush()
    traces.take_out({email})
    traces.take_out(full, spared=IDENTITIES)
    db.session.expire_all()


def _normal(email: str) -> str:
    """Raises ValueError for what is no address. Who came to a desk without one goes by a made-up one."""
    return email if email.endswith("@desk.invalid") else normal_email(email)


def _find(email: str) -> Person | None:
    return db.session.scalar(select(Person).where(Person.email == email))


def erase_again() -> None:
    """After a restore: erase everybody whose erasure was promised, unless they came back after it."""
    known = erased.known()
    # Since when an address is on a list is not kept.
    listed = {*mentions.admitted(), *db.session.scalars(select(AllowedAddress.address))}
    seen: dict[str, datetime] = dict.fromkeys(listed, datetime.min.replace(tzinfo=UTC))
    places: list[tuple[Any, Any]] = [
        *((model.email, model.created_at) for model in (Person, Registration, Invitation, Invoice, Partner)),
        (EventOutcome.owner_email, EventOutcome.updated_at),
    ]
    _see(seen, *(select(address, since).where(address != "") for address, since in places))
    _see(seen, select(Speaker.email, Event.created_at).join(Speaker.event).where(Speaker.email != ""))
    # What is written to an address, or came back from there, does not say that anybody came back.
    beside: dict[str, datetime] = {}
    _see(beside, select(Mail.recipient, Mail.created_at), select(Suppressed.address, Suppressed.at))
    _see(beside, select(SignInCode.email, SignInCode.created_at))
    db.session.rollback()
    last = (beside | seen).items()
    erase_all([email for email, at in last if at < known.get(erased.digest(email), at)])


def _see(seen: dict[str, datetime], *queries: Select[str, datetime]) -> None:
    """Note when an address was seen last."""
    for query in queries:
        for email, at in db.session.execute(query):
            seen[email] = max(at, seen.get(email, at))


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
