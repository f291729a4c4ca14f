"""Who takes part, in counts of what people said of themselves. Who said what is known nowhere (promises 4.9).

A row remembers THAT it was counted at a stage, so that nobody counts twice; the counts remember how many said what. Both
are written in one transaction, so the counts of a stage are written all together: neither the order of rows nor what
PostgreSQL notes beside each tells which of them grew. See docs/decisions/0011-composition.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.transactions import locked
from app.events import after_rules as rules
from app.events.after_rules import CATEGORIES, Sum, Table
from app.events.models import (
    LIVE,
    CompositionCount,
    Event,
    EventStatus,
    Invitation,
    InvitationState,
    Registration,
    Speaker,
    Stage,
)

PANEL = ("woman", "man", "other")
BY_HAND = "panel_"  # what an organiser counted: for their own eyes, never among the declarations


def declare_registration(registration_id: int, stage: Stage, category: str) -> bool:
    """Count somebody who registered or came, once a stage; False when they were counted before, or nothing is asked.
    Raises LookupError, and ValueError for no category."""
    registration: Registration | None = locked(Registration, registration_id)
    if registration is None:
        raise LookupError(registration_id)
    if not may_declare(registration, stage):
        return False
    registration.composed = " ".join([*registration.composed.split(), stage.value])
    _count(registration.event_id, stage, category)
    return True


def may_declare(registration: Registration, stage: Stage) -> bool:
    """Whether somebody registered may still say how they describe themselves at a stage. What is said at registering
    is counted until the event ends: a number that grows later would tell whose it is."""
    event, at = registration.event, now()
    in_time = {
        Stage.REGISTERED: at < event.ends_at and event.status is EventStatus.PUBLISHED and registration.status in LIVE,
        Stage.ATTENDED: at >= event.ends_at and registration.seated > 0,
    }
    return event.composition_asked and in_time.get(stage, False) and stage.value not in registration.composed.split()


def declare_speaker(speaker_id: int, category: str) -> bool:
    """Count somebody who speaks, once, until the event ends. Raises LookupError, ValueError."""
    return _declare(locked(Speaker, speaker_id), Stage.SPOKE, category)


def declare_invitation(invitation_id: int, category: str) -> bool:
    """Count somebody who was invited, once, until the event ends. Raises LookupError, ValueError."""
    return _declare(locked(Invitation, invitation_id), Stage.INVITED, category)


def speaker_may_declare(speaker: Speaker) -> bool:
    """Whether a speaker may still say how they describe themselves: until the event ends, as at registering."""
    return speaker.event.composition_asked and not speaker.composed and now() < speaker.event.ends_at


def invited_may_declare(invitation: Invitation) -> bool:
    """Whether an invited person may still say how they describe themselves."""
    open_until = invitation.event.ends_at
    live = invitation.state is not InvitationState.TAKEN_BACK and now() < open_until
    return invitation.event.composition_asked and live and not invitation.composed


def _declare(row: Speaker | Invitation | None, stage: Stage, category: str) -> bool:
    if row is None:
        raise LookupError(stage)
    if not (speaker_may_declare(row) if isinstance(row, Speaker) else invited_may_declare(row)):
        return False
    row.composed = True
    _count(row.event_id, stage, category)
    return True


def _count(event_id: int, stage: Stage, category: str) -> None:
    if category not in CATEGORIES:
        raise ValueError(category)
    db.session.flush()
    _make_rows(event_id, stage, CATEGORIES)
    # All of them are written, most by nothing: see above.
    one = case((CompositionCount.category == category, 1), else_=0)
    theirs = (CompositionCount.event_id == event_id, CompositionCount.stage == stage)
    grown = update(CompositionCount).where(*theirs, CompositionCount.category.in_(CATEGORIES))
    db.session.execute(grown.values(count=CompositionCount.count + one).execution_options(synchronize_session=False))


def _make_rows(event_id: int, stage: Stage, names: tuple[str, ...]) -> None:
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    rows = [{"event_id": event_id, "stage": stage, "category": name, "count": 0} for name in names]
    db.session.execute(insert(CompositionCount).on_conflict_do_nothing(), rows)


def count_panel(event_id: int, counts: Mapping[str, int], *, actor_id: int | None) -> None:
    """The organiser's own count of the panel, by PANEL: for the warning alone, never published. Raises LookupError."""
    if locked(Event, event_id) is None:
        raise LookupError(event_id)
    _make_rows(event_id, Stage.SPOKE, tuple(BY_HAND + name for name in PANEL))
    theirs = (CompositionCount.event_id == event_id, CompositionCount.stage == Stage.SPOKE)
    for name in PANEL:
        row = update(CompositionCount).where(*theirs, CompositionCount.category == BY_HAND + name)
        db.session.execute(row.values(count=counts.get(name, 0)).execution_options(synchronize_session=False))
    audit.record("count a panel", "event", event_id, actor_id)


# Reads


def _counts(event_id: int) -> dict[Stage, dict[str, int]]:
    """What was declared and counted by hand, as it is. Not for showing: see `tables`."""
    found: dict[Stage, dict[str, int]] = {stage: {} for stage in Stage}
    for row in db.session.execute(
        select(CompositionCount.stage, CompositionCount.category, CompositionCount.count.label("people")).where(
            CompositionCount.event_id == event_id
        )
    ):
        found[row.stage][row.category] = row.people
    return found


def anything_declared(event_id: int) -> bool:
    """Whether somebody has declared anything at an event: then its minimum is a promise."""
    query = select(CompositionCount.id).where(
        CompositionCount.event_id == event_id, CompositionCount.category.in_(CATEGORIES), CompositionCount.count > 0
    )
    return db.session.scalar(query.limit(1)) is not None


def panel_by_hand(event_id: int) -> dict[str, int]:
    """What the organiser counted; zeros when nothing."""
    spoke = _counts(event_id)[Stage.SPOKE]
    return {name: spoke.get(BY_HAND + name, 0) for name in PANEL}


def panel_is_of_one_sex(event_id: int) -> bool:
    """Whether those on the panel who are known, by the organiser's count or else by their own word, are of one sex."""
    by_hand = panel_by_hand(event_id)
    return rules.of_one_sex(by_hand if any(by_hand.values()) else _counts(event_id)[Stage.SPOKE])


def shown_now(event: Event) -> bool:
    """Whether counts may be shown yet. Before the event has ended a number that grows would tell whose it is."""
    return now() >= event.ends_at and event.status not in (EventStatus.DRAFT, EventStatus.CANCELLED)


def tables(event: Event) -> dict[Stage, Table]:
    """What may be shown of an event's composition, by stage; empty before it has ended."""
    if not shown_now(event):
        return {}
    return {stage: rules.publishable(counts, event.minimum_cell) for stage, counts in _counts(event.id).items()}


def public_tables(event: Event) -> dict[Stage, Table]:
    """What an event's page shows of it, if its organiser decided so: the stages that have something to show, and at which
    nobody can declare any more. Whoever came may do so while feedback is taken, and a number that grows would tell whose it
    is."""
    if not event.composition_public:
        return {}
    closed = now() > event.ends_at + rules.SURVEY
    return {
        stage: table
        for stage, table in tables(event).items()
        if any(table.cells.values()) and (closed or stage is not Stage.ATTENDED)
    }


def of_events(events: Sequence[Event]) -> tuple[int, dict[Stage, dict[str, int]]]:
    """(how many events, the sums by stage and category) of what the pages of these events show, and of nothing else: so it
    tells no more than they do. A category of which none shows anything is missing."""
    shown = [found for found in (public_tables(event) for event in events) if found]
    sums: dict[Stage, dict[str, int]] = {}
    for stage in Stage:
        for name in CATEGORIES:
            counts = [found[stage].cells[name] or 0 for found in shown if stage in found]
            if any(counts):
                sums.setdefault(stage, {})[name] = sum(counts)
    return len(shown), sums


@dataclass(frozen=True)
class Year:
    """The composition of a year's events: `figures` by stage and category, over `events` at which it was asked."""

    year: int
    events: int
    figures: dict[Stage, dict[str, Sum]]


def composition_for_year(year: int) -> Year:
    """What may be published about a year (by the UTC day on which events began), for the annual report.

    Sums over the events that have ended. What each event hides stays hidden here: see `after_rules.over_events`.
    """
    span = Event.starts_at >= datetime(year, 1, 1, tzinfo=UTC), Event.starts_at < datetime(year + 1, 1, 1, tzinfo=UTC)
    over = (Event.ends_at <= now(), Event.status.not_in((EventStatus.DRAFT, EventStatus.CANCELLED)))
    query = (
        select(CompositionCount, Event.minimum_cell)
        .join(Event, Event.id == CompositionCount.event_id)
        .where(*span, *over, CompositionCount.category.in_(CATEGORIES))
    )
    counts: dict[Stage, dict[int, tuple[dict[str, int], int]]] = {stage: {} for stage in Stage}
    for row, cell in db.session.execute(query):
        counts[row.stage].setdefault(row.event_id, ({}, cell))[0][row.category] = row.count
    events = {event_id for of_stage in counts.values() for event_id in of_stage}
    figures = {stage: rules.over_events(list(of_stage.values())) for stage, of_stage in counts.items() if of_stage}
    return Year(year, len(events), figures)


def people_by_stage(event_id: int) -> dict[Stage, int]:
    """How many people there were at each stage, whether they declared anything or not."""

    def total(column: object, *where: object) -> int:
        return db.session.scalar(select(column).where(*where)) or 0  # type: ignore[call-overload, arg-type]

    mine = Registration.event_id == event_id
    return {
        Stage.INVITED: total(func.count(Invitation.id), Invitation.event_id == event_id),
        Stage.REGISTERED: total(func.sum(Registration.party), mine, Registration.status.in_(LIVE)),
        Stage.ATTENDED: total(func.sum(Registration.arrived), mine, Registration.seated > 0),
        Stage.SPOKE: total(func.count(Speaker.id), Speaker.event_id == event_id),
    }
