"""The tables of events, a file for each part. Everybody imports them from here."""

from app.events.models.after import (
    CompositionCount,
    Feedback,
    Outcome,
    OutcomeKind,
    OutcomeNote,
    OutcomeStatus,
    Stage,
)
from app.events.models.asking import Answer, Guest, Question, QuestionKind
from app.events.models.core import (
    LIVE,
    OVER,
    Audience,
    Campaign,
    Event,
    EventKind,
    EventStatus,
    PoolKind,
    Registration,
    RegistrationStatus,
    SeatPool,
    Series,
    Source,
    event_partner,
)
from app.events.models.door import Admission, Door, Verdict
from app.events.models.feeds import CalendarFeed
from app.events.models.inviting import AllowedAddress, EventMessage, ImportDraft, Invitation, InvitationState
from app.events.models.programme import Session, Speaker
from app.events.models.queueing import Hold, QueueMove

__all__ = [
    "LIVE", "OVER", "Admission", "AllowedAddress", "Answer", "Audience", "CalendarFeed", "Campaign", "CompositionCount", "Door", "Event",
    "EventKind", "EventMessage", "EventStatus", "Feedback", "Guest", "Hold", "ImportDraft", "Invitation",
    "InvitationState", "Outcome", "OutcomeKind", "OutcomeNote", "OutcomeStatus", "PoolKind", "Question", "QuestionKind",
    "QueueMove", "Registration", "RegistrationStatus", "SeatPool", "Series", "Session", "Source", "Speaker", "Stage",
    "Verdict", "event_partner",
]  # fmt: skip
