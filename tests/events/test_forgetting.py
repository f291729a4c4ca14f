"""What events were told is forgotten when its time has come, and not before: the clock is moved, the sweep runs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.cli import doctor
from app.cli.operate import sweep
from app.core import storage
from app.core.clock import now, travel
from app.core.database import db
from app.core.mail import Mail, MailState
from app.core.transactions import atomic
from app.events import asking, closed_list, files, forgetting, inviting, services
from app.events.inviting import Wanted
from app.events.models import (
    AllowedAddress,
    Answer,
    Event,
    Guest,
    Invitation,
    Question,
    QuestionKind,
    QueueMove,
    Registration,
    Speaker,
)
from app.events.programme import save_speaker
from tests.cast import Cast
from tests.events.helpers import make_event, seat
from tests.events.test_files import PDF

DAY = timedelta(days=1)
YEARS = 3 * 366 * DAY


@pytest.fixture
def event(app: Flask, cast: Cast) -> Event:
    """Ann has a seat for her and Mia, has needs, answered and sent a file; Bo waits and was moved; Cy is invited."""
    event = make_event(capacity=2, guest_names=True, days=2)
    with atomic():
        word, agrees, letter = (
            asking.add_question(event.id, kind=kind, label=kind.value)
            for kind in (QuestionKind.TEXT, QuestionKind.CONSENT, QuestionKind.FILE)
        )
    ann = seat(event, "Ann", 2, needs="A ramp", diet="No nuts", person_id=cast.parent.id)
    bo, _di = seat(event, "Bo", needs="A seat in front"), seat(event, "Di")
    key = files.keep(PDF)
    with atomic():
        asking.keep_guests(db.session.get_one(Registration, ann.id), ["Mia Lund"])
        answers = ((word, "By train", None), (agrees, "yes", None), (letter, "letter.pdf", key))
        db.session.add_all(
            Answer(registration_id=ann.id, question_id=question.id, value=value, file_key=file)
            for question, value, file in answers
        )
        db.session.add(
            QueueMove(registration_id=bo.id, pool_id=bo.pool_id, reason="Bo came in vain", passed=1, at=now())
        )
        closed_list.put(event.id, {"eve@home.example": "Friends"}, None)
        save_speaker(event.id, actor_id=None, name="Fay Holm", email="fay@home.example", affiliation="", biography="")
        inviting.invite(event.id, [Wanted("cy@home.example", "Cy Bell")])
    with atomic():
        db.session.execute(update(Mail).values(state=MailState.SENT, sent_at=now()))
    return event


def counts(event_id: int) -> Any:
    """What the annual report counts."""
    db.session.rollback()
    columns = (func.count(), func.sum(Registration.party), func.sum(Registration.seated))
    rows = db.session.execute(
        select(Registration.status, *columns)
        .where(Registration.event_id == event_id)
        .group_by(Registration.status)
        .order_by(Registration.status)
    )
    return [tuple(row) for row in rows]


def told() -> set[str]:
    """What is still known of what was told."""
    db.session.rollback()
    found: set[str | None] = set()
    for column in (
        Registration.name, Registration.email, Registration.needs, Registration.diet, Answer.value, Guest.name, Invitation.name,
        Invitation.email, QueueMove.reason, AllowedAddress.address, Speaker.email, Mail.recipient,
    ):  # fmt: skip
        found |= set(db.session.scalars(select(column)))
    return {text for text in found if text and text != "–" and not text.endswith("@erased.invalid")}


NEEDS = {"A ramp", "No nuts", "A seat in front"}
ANSWERS = {"By train", "letter.pdf", "Mia Lund"}
NAMES = {
    "Ann", "Bo", "Di", "Cy Bell", "ann@home.example", "bo@home.example", "di@home.example", "cy@home.example",
    "eve@home.example", "fay@home.example", "yes", "Bo came in vain",
}  # fmt: skip


@pytest.mark.parametrize(
    ("after", "left"),
    [
        (30 * DAY - timedelta(hours=1), NEEDS | ANSWERS | NAMES),
        (30 * DAY + timedelta(hours=1), ANSWERS | NAMES),
        (365 * DAY - timedelta(hours=1), ANSWERS | NAMES),
        (365 * DAY + timedelta(hours=1), NAMES),
        (YEARS - timedelta(hours=1), NAMES),
        (YEARS + timedelta(hours=1), set()),
    ],
)
def test_each_thing_is_forgotten_in_its_time(app: Flask, event: Event, after: timedelta, left: set[str]) -> None:
    assert told() == NEEDS | ANSWERS | NAMES
    before, file = counts(event.id), db.session.scalar(select(Answer.file_key).where(Answer.file_key.is_not(None)))
    assert file is not None
    for _again in range(2):
        with travel(event.ends_at + after):
            sweep()
        assert told() == left
        assert counts(event.id) == before
    assert storage.path(file).is_file() == ("letter.pdf" in left)
    assert [fault for fault in doctor.faults() if fault] == []


def test_what_is_postponed_is_not_over(app: Flask, event: Event) -> None:
    with atomic():
        services.set_status(event.id, "postponed")
    with travel(event.ends_at + YEARS + DAY):
        forgetting.sweep()
    assert told() == NEEDS | ANSWERS | NAMES


def test_another_event_keeps_everything(app: Flask, event: Event, cast: Cast) -> None:
    later = make_event(days=2000, capacity=5)
    gus = seat(later, "Gus", needs="Quiet", person_id=cast.parent.id)
    with travel(event.ends_at + YEARS + DAY):
        forgetting.sweep()
    assert {"Gus", "gus@home.example", "Quiet"} <= told()
    assert db.session.get_one(Registration, gus.id).person_id == cast.parent.id


def test_pages_of_a_forgotten_event_still_open(app: Flask, event: Event, cast: Cast, client_for: Any) -> None:
    token = db.session.scalar(select(Registration.token).where(Registration.name == "Ann"))
    with travel(event.ends_at + YEARS + DAY):
        forgetting.sweep()
        organiser = client_for(cast.organiser)
        for page in ("", "registrations/", "invitations/", "list/", "queue/"):
            answer = organiser.get(f"/manage/events/{event.id}/{page}")
            assert answer.status_code in (200, 404) and not re.search(r"\bAnn\b", answer.text), page
        assert client_for().get(f"/registrations/{token}/").status_code == 200
        assert organiser.get("/account/").status_code == 200


def test_the_years_are_a_setting(app: Flask, event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config["KERMESSE"].values, "KEEP_NAMES_YEARS", 1)
    with travel(event.ends_at + 367 * DAY):
        sweep()
    assert told() == set()
    assert db.session.scalar(select(func.count()).select_from(Question)) == 3
