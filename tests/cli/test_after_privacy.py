"""What remains of an event when somebody asks for their data, or to be forgotten: the owner goes, the outcome stays."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import String, select

from app.cli import privacy
from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import attendance, feedback, outcome_notices, outcomes, remains
from app.events.models import CompositionCount, Feedback, Outcome, OutcomeNote
from tests.cast import Cast
from tests.cli.house import command
from tests.events.helpers import mails, make_event, seat

OLA, NAME = "ola@ngo.example", "Ola Bergström"


@pytest.fixture
def owned(app: Flask) -> Outcome:
    """Ola sees to a public outcome, has told of it and was reminded; Ida sees to another."""
    event = make_event(days=-5, status="held")
    due_on = now().date() - timedelta(days=2)  # late at every hour: a day of the letters begins in the morning
    with atomic():
        remains.decide_after(event.id, actor_id=None, outcomes_public=True)
        mine, _other = (
            outcomes.record_outcome(event.id, kind="action", text=text, owner=name, owner_email=email, due_on=due_on)
            for text, name, email in (("Ask them.", NAME, OLA), ("Answer them.", "Ida Lind", "ida@ngo.example"))
        )
        note = outcomes.progress(mine.id, "in_progress", f"{NAME} called three ministries.")
        assert note is not None
        outcomes.show_note(note.id, public=True, actor_id=None)
    outcome_notices.remind()
    return mine


def texts() -> str:
    """Every text of the database."""
    db.session.rollback()
    columns = [
        column for table in db.metadata.sorted_tables for column in table.columns if isinstance(column.type, String)
    ]
    return "\n".join(str(value) for column in columns for value in db.session.scalars(select(column)))


def test_an_owner_is_exported_with_what_they_said(app: Flask, owned: Outcome) -> None:
    found = json.loads(command(app, "export-person", OLA.upper()).output)
    assert [row["text"] for row in found["outcomes"]] == ["Ask them."]
    assert [row["text"] for row in found["outcome_notes"]] == [f"{NAME} called three ministries."]
    assert len(found["mails"]) == 1 and owned.token not in json.dumps(found["outcomes"])


def test_an_owner_is_forgotten_and_the_outcome_stays(app: Flask, owned: Outcome, client_for: Any) -> None:
    token, page = owned.token, f"/events/{owned.event.slug}/outcomes/"
    assert command(app, "erase-person", OLA).output == "erased\n"
    assert OLA not in texts() and NAME not in texts()
    assert "ida@ngo.example" in texts()
    public = client_for().get(page)
    assert public.status_code == 200
    assert "Ask them." in public.text and "called three ministries" in public.text and "Bergström" not in public.text
    assert client_for().get(f"/outcomes/{token}/").status_code == 404
    with travel(now() + timedelta(days=30)):
        outcome_notices.remind()
    assert mails("outcome_", OLA) == [] and len(mails("outcome_late", "ida@")) == 2
    assert len(list(db.session.scalars(select(OutcomeNote)))) == 3


def test_an_owner_stays_forgotten_after_an_older_backup(app: Flask, owned: Outcome) -> None:
    with travel(now() + timedelta(hours=1)):
        command(app, "erase-person", OLA)
    with atomic():  # as the older backup had it
        row = db.session.get_one(Outcome, owned.id)
        row.owner, row.owner_email, row.updated_at = NAME, OLA, now()
    privacy.erase_again()
    assert OLA not in texts()


def test_counts_and_answers_stay_when_somebody_who_came_is_forgotten(app: Flask, cast: Cast) -> None:
    event = make_event(capacity=9, days=1)
    with atomic():
        remains.decide_after(event.id, actor_id=None, composition_asked=True)
    guest = seat(event, "Gina")
    with travel(event.ends_at + timedelta(hours=1)):
        with atomic():
            attendance.note_attendance(event.id, {guest.id: 1}, actor_id=None)
            feedback.give_feedback(guest.id, 4, liked="Ask gina@home.example about the songs.", category="woman")
        exported = json.loads(command(app, "export-person", "gina@home.example").output)
        assert "songs" not in json.dumps(exported) and "woman" not in json.dumps(exported)
        command(app, "erase-person", "gina@home.example")
    assert [row.liked for row in db.session.scalars(select(Feedback))] == ["Ask – about the songs."]
    counts = {row.category: row.count for row in db.session.scalars(select(CompositionCount))}
    assert counts == {"woman": 1, "man": 0, "other": 0, "unsaid": 0}
