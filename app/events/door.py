"""Commands at a door: admit, let walk-ins in, take an admission back. Doors themselves: door_keeping.py.

Each takes the lock of the event's seats first, so that a ticket shown at 64 places at once is admitted once (S7). A scan is
known by its own id and counts once however often it is sent. `arrived` of a registration is the sum of what its admissions
count, unless an organiser corrects it (attendance.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.transactions import locked
from app.events import rules, seats
from app.events.door_keeping import open_doors, pool_of, posts
from app.events.door_rules import Ruling, kept_by_silent, ruling
from app.events.models import (
    Admission,
    Door,
    Event,
    Registration,
    RegistrationStatus,
    SeatPool,
    Source,
    Verdict,
)
from app.events.tickets import proves, read_code


class Kind(StrEnum):
    """What a scan asks for."""

    TICKET = "ticket"
    WALK_IN = "walk_in"
    UNDO = "undo"


@dataclass(frozen=True)
class Scan:
    """What happened at a door. A ticket is told by its `code`, or by `registration_id` when it was found by name.
    `let_in`: these people are inside already, whatever the house says. `anyway`: a helper answers for it that another
    door without network has not let them in. `of`: the scan that is taken back. `name`: a walk-in's, if they gave one."""

    id: str
    kind: Kind = Kind.TICKET
    code: str = ""
    registration_id: int | None = None
    people: int = 1
    at: datetime | None = None
    offline: bool = False
    let_in: bool = False
    anyway: bool = False
    name: str = ""
    of: str = ""


@dataclass(frozen=True)
class Told:
    """What the house says of a scan. `word` is the verdict, or: `elsewhere` (nothing is counted; a door that has no network
    keeps this ticket), `undone`, `nothing`. `reason` says why a ticket is not valid: unknown, other_event, waiting,
    withdrawn, online (its seats are in no room) or, of a walk-in, full."""

    scan: str
    word: str
    reason: str = ""
    registration: Registration | None = None
    people: int = 0
    before: Admission | None = None
    keeper: Door | None = None
    conflict: bool = False


def take_in(event_id: int, scan: Scan, door_id: int | None, actor_id: int | None) -> Told:
    """Decide about one scan and keep it. The same scan again is told the same and changes nothing. Raises LookupError."""
    pools = seats.lock_pools(event_id)
    event = db.session.get(Event, event_id, populate_existing=True)
    if event is None:
        raise LookupError(event_id)
    door = db.session.get(Door, door_id, populate_existing=True) if door_id else None
    if scan.kind is Kind.UNDO:
        return _undo_scan(event, pools, scan, door, actor_id)
    earlier = _by_scan(scan.id)
    if earlier is not None and _decided_since(earlier, scan):
        db.session.delete(earlier)
        db.session.flush()
    elif earlier is not None:
        return told_of(earlier) if earlier.event_id == event_id else Told(scan.id, "nothing")
    if scan.kind is Kind.WALK_IN:
        return _walk_in(event, pools, scan, door, actor_id)
    registration, reason = _shown(event_id, scan)
    if registration is None or reason:
        kept = _keep(event, scan, door, actor_id, registration, Ruling(Verdict.NOT_VALID, 0, scan.let_in))
        return Told(scan.id, kept.verdict.value, reason, registration, scan.people, conflict=kept.conflict)
    keeper = None
    if not (scan.let_in or scan.anyway) and registration.arrived < registration.seated:
        at_doors = open_doors(event_id)
        silent = kept_by_silent(registration.id, posts(at_doors), door.id if door else None, now())
        keeper = next((one for one in at_doors if one.id == silent), None)
    if keeper is not None:
        return Told(scan.id, "elsewhere", "", registration, scan.people, keeper=keeper)
    if scan.anyway:
        audit.record("admit on a helper's word", "registration", registration.id, actor_id)
    before = last_admission(registration.id)
    made = ruling(registration.seated, registration.arrived, scan.people, let_in=scan.let_in)
    kept = _keep(event, scan, door, actor_id, registration, made)
    _count(registration, made.counted)
    return Told(scan.id, kept.verdict.value, "", registration, kept.people, before, conflict=kept.conflict)


def _decided_since(earlier: Admission, scan: Scan) -> bool:
    """Whether the device never heard our refusal, and has let these people in by its own list since."""
    refused = earlier.verdict is not Verdict.ADMITTED and not earlier.offline and earlier.undone_at is None
    return refused and scan.let_in


def _shown(event_id: int, scan: Scan) -> tuple[Registration | None, str]:
    """The registration that a scan means, as it is now, and why it is not valid. Another event's is not given away."""
    number, key = scan.registration_id, ""
    if scan.code:
        number, key = read_code(scan.code) or (None, "")
    found = db.session.get(Registration, number, populate_existing=True) if number else None
    if found is None or (scan.code and not proves(found, key)):
        return None, "unknown"
    if found.event_id != event_id:
        return None, "other_event"
    return found, why_not(found)


def why_not(registration: Registration) -> str:
    """Why a registration lets nobody in; empty when it does."""
    if registration.seated > 0:
        return "online" if registration.sits_online else ""
    waits = (RegistrationStatus.WAITING, RegistrationStatus.OFFERED, RegistrationStatus.REQUESTED)
    return "waiting" if registration.status in waits else "withdrawn"


def _walk_in(event: Event, pools: list[SeatPool], scan: Scan, door: Door | None, actor_id: int | None) -> Told:
    """Seats for somebody without a registration: of the room while there are free ones that nobody waits for, else of the
    door's own allotment; the other way round when they are inside already."""
    pool = pool_of(pools, door)
    seated = None
    for way in (_from_allotment, _from_room) if scan.let_in else (_from_room, _from_allotment):
        if seated is None and pool is not None:
            seated = way(event, pools, pool, scan, door)
    if seated is None:
        made = Ruling(Verdict.BEYOND, 0, conflict=scan.let_in)
        kept = _keep(event, scan, door, actor_id, None, made)
        return Told(scan.id, kept.verdict.value, "full", None, scan.people, conflict=kept.conflict)
    _keep(event, scan, door, actor_id, seated, Ruling(Verdict.ADMITTED, scan.people))
    _count(seated, scan.people)
    return Told(scan.id, Verdict.ADMITTED.value, "", seated, scan.people)


def _from_room(
    event: Event, pools: list[SeatPool], pool: SeatPool, scan: Scan, door: Door | None
) -> Registration | None:
    if scan.people > rules.free_seats(pool.capacity, pool.confirmed + pool.held):
        return None
    try:
        claim = seats.register(
            event.id, name=scan.name or "Walk-in", email=f"walk-in-{token().lower()}@door.invalid", party=scan.people,
            pool_id=pool.id, source=Source.WALK_IN, by_organiser=True,
        )  # fmt: skip
    except seats.RegistrationRefused:
        return None
    if claim.registration.seated == scan.people:
        return claim.registration
    seats.leave(pools, claim.registration, RegistrationStatus.WITHDRAWN)  # somebody who waited was served instead
    return None


def _from_allotment(
    event: Event, pools: list[SeatPool], pool: SeatPool, scan: Scan, door: Door | None
) -> Registration | None:
    if door is None or door.closed_at is not None or door.allotment - door.used < scan.people:
        return None
    at = now()
    seated = Registration(
        token=token(), event_id=event.id, pool_id=pool.id, name=scan.name or "Walk-in", party=scan.people,
        email=f"walk-in-{token().lower()}@door.invalid", seated=scan.people, source=Source.WALK_IN,
        status=RegistrationStatus.CONFIRMED, operation=token(), queued_at=at, ranked_at=at, created_at=at, confirmed_at=at,
    )  # fmt: skip
    db.session.add(seated)
    door.used += scan.people
    db.session.flush()
    seats.take(pool, confirmed=scan.people, held=-scan.people)
    return seated


def undo(admission_id: int, actor_id: int | None) -> Admission:
    """Take an admission back: nobody came in by it. A walk-in's seats are free again. Twice is once. Raises LookupError."""
    event_id = db.session.scalar(select(Admission.event_id).where(Admission.id == admission_id))
    if event_id is None:
        raise LookupError(admission_id)
    pools = seats.lock_pools(event_id)
    event = db.session.get(Event, event_id, populate_existing=True)
    admission: Admission | None = locked(Admission, admission_id)
    if admission is None or event is None:
        raise LookupError(admission_id)
    return _undo(event, pools, admission, actor_id)


def _undo(event: Event, pools: list[SeatPool], admission: Admission, actor_id: int | None) -> Admission:
    if admission.undone_at is not None:
        return admission
    admission.undone_at = now()
    audit.record("undo admission", "event", event.id, actor_id, admission=admission.id)
    registration = None
    if admission.registration_id is not None and admission.verdict is Verdict.ADMITTED:
        registration = db.session.get(Registration, admission.registration_id, populate_existing=True)
    if registration is None:
        return admission
    _count(registration, -min(admission.people, registration.arrived))  # an organiser may have corrected who came
    if registration.source is Source.WALK_IN and registration.arrived == 0 and registration.seated:
        freed = seats.leave(pools, registration, RegistrationStatus.WITHDRAWN)
        if freed is not None:
            seats.promote(event, freed)
    return admission


def _undo_scan(event: Event, pools: list[SeatPool], scan: Scan, door: Door | None, actor_id: int | None) -> Told:
    found = _by_scan(scan.of)
    if found is None:
        # It may still be on its way here: then it finds that it was taken back already.
        gone = _keep(event, replace(scan, id=scan.of, people=0), door, actor_id, None, Ruling(Verdict.NOT_VALID, 0))
        gone.undone_at = gone.received_at
        return Told(scan.id, "undone")
    if found.event_id != event.id:
        return Told(scan.id, "nothing")
    _undo(event, pools, found, actor_id)
    return Told(scan.id, "undone", "", found.registration, found.people)


def told_of(admission: Admission) -> Told:
    """What was said of a scan that is kept already, as it stands now."""
    registration = admission.registration
    reason = ""
    if admission.verdict is Verdict.NOT_VALID:
        reason = (why_not(registration) if registration else "") or "unknown"
    elif registration is None:
        reason = "full"
    before = last_admission(registration.id, admission.id) if registration else None
    word = "undone" if admission.undone_at else admission.verdict.value
    return Told(admission.scan, word, reason, registration, admission.people, before, conflict=admission.conflict)


def last_admission(registration_id: int, before_id: int | None = None) -> Admission | None:
    """The latest admission that counts for a registration."""
    query = select(Admission).where(
        Admission.registration_id == registration_id,
        Admission.verdict == Verdict.ADMITTED,
        Admission.undone_at.is_(None),
    )
    if before_id is not None:
        query = query.where(Admission.id < before_id)
    found: Admission | None = db.session.scalar(
        query.order_by(Admission.scanned_at.desc(), Admission.id.desc()).limit(1)
    )
    return found


def _by_scan(scan: str) -> Admission | None:
    found: Admission | None = db.session.scalar(select(Admission).where(Admission.scan == scan))
    return found


def _keep(
    event: Event, scan: Scan, door: Door | None, actor_id: int | None, registration: Registration | None, made: Ruling
) -> Admission:
    at = now()
    kept = Admission(
        scan=scan.id, event_id=event.id, registration_id=registration.id if registration else None,
        door_id=door.id if door else None, people=made.counted or scan.people, verdict=made.verdict,
        offline=scan.offline, conflict=made.conflict, entered_by=actor_id, received_at=at,
        scanned_at=min(scan.at, at) if scan.at else at,
    )  # fmt: skip
    db.session.add(kept)
    db.session.flush()
    return kept


def _count(registration: Registration, people: int) -> None:
    """Relative, so that the constraint refuses what the lock would let pass."""
    if people:
        change = update(Registration).where(Registration.id == registration.id)
        change = change.values(arrived=Registration.arrived + people)
        db.session.execute(change, execution_options={"synchronize_session": False})
        db.session.expire(registration, ["arrived"])
