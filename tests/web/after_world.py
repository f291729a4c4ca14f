"""What the table of forms needs of the time after an event: an outcome with an owner, somebody who came, a speaker."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update

from app.core.clock import now
from app.core.database import db
from app.core.mail import Mail
from app.core.transactions import atomic
from app.events import attendance, outcomes, remains
from app.events.models import (
    Event,
    Invitation,
    InvitationState,
    Outcome,
    Registration,
    Speaker,
)
from tests.cast import Cast
from tests.events.helpers import make_event, seat

TOLD = "an-outcome-of-which-is-told"
_numbers = itertools.count(1)


def build_after(cast: Cast) -> dict[str, Any]:
    """Save it; returns what addresses are made of."""
    held = make_event(title="It was held", days=1, capacity=20, largest_party=5)
    came = seat(held, "Carl", 2)
    asked = make_event(title="Who takes part", capacity=20, largest_party=5)
    guest = seat(asked, "Gina")
    with atomic():
        db.session.get_one(Event, held.id).starts_at = now() - timedelta(hours=3)
        db.session.get_one(Event, held.id).ends_at = now() - timedelta(hours=1)
        for event in (held, asked):
            remains.decide_after(event.id, actor_id=None, composition_asked=True)
        managed, told = (
            outcomes.record_outcome(held.id, kind="action", text=text, owner="Ola", owner_email="ola@ngo.example")
            for text in ("Write it down.", "Tell of it.")
        )
        told.token = TOLD
        outcomes.progress(managed.id, "in_progress", "Begun.")
        speaker = Speaker(event_id=asked.id, token="a-speaker-of-the-world", name="Sara", position=0)
        invited = Invitation(
            event_id=asked.id, token="an-invitation-of-the-world", email="ivo@agency.example", created_at=now(),
            state=InvitationState.OPENED,
        )  # fmt: skip
        db.session.add_all([speaker, invited])
        attendance.note_attendance(held.id, {came.id: 2}, actor_id=None)
    with atomic():
        notes = db.session.get_one(Outcome, managed.id).notes
    return {
        "held_id": held.id, "outcome_id": managed.id, "note_id": notes[-1].id, "outcome": TOLD, "came": came.token,
        "asked": guest.token, "speaker": speaker.token, "invited": invited.token,
    }  # fmt: skip


def something_new() -> str:
    """Words that nobody said before."""
    return f"Step {next(_numbers)} is taken."


def forget_recorded() -> None:
    """Only what the world was built with is recorded: a list that grows makes every refusal slower."""
    with atomic():
        mine = Outcome.text.not_in(("Write it down.", "Tell of it."))
        db.session.execute(delete(Outcome).where(mine).execution_options(synchronize_session=False))


def forget_letters() -> None:
    """No speaker was written to."""
    with atomic():
        theirs = delete(Mail).where(Mail.key.startswith("speaker_page:"))
        db.session.execute(theirs.execution_options(synchronize_session=False))


def take_up_again() -> None:
    """The owner who let it go sees to it again."""
    with atomic():
        theirs = update(Outcome).where(Outcome.owner_email == "")
        db.session.execute(theirs.values(owner="Ola", owner_email="ola@ngo.example", token=TOLD))


def ask_again() -> None:
    """Nobody has answered or been counted."""
    with atomic():
        db.session.execute(update(Registration).values(feedback_given=False, composed=""))
        db.session.execute(update(Speaker).values(composed=False))
        db.session.execute(update(Invitation).values(composed=False))
