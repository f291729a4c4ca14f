"""Two who answer at once: every answer writes all answers anew, so one must wait for the other."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import feedback
from app.events.models import Event, Feedback
from tests.events.helpers import make_event, seat


def answer_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One has answered 1; two more answer 2 and 3 together, each having read when the other writes if nothing keeps them
    apart. Returns the ratings that are left."""
    event = make_event(capacity=9, days=1)
    first, *others = (seat(event, name) for name in ("Anna", "Bela", "Carl"))
    with atomic():
        row = db.session.get_one(Event, event.id)
        row.starts_at, row.ends_at = now() - timedelta(hours=3), now() - timedelta(hours=1)
    with atomic():
        feedback.give_feedback(first.id, 1)
    both = threading.Barrier(2)

    def meet(_answers: Sequence[Any]) -> None:
        with suppress(threading.BrokenBarrierError):
            both.wait(1)

    monkeypatch.setattr(feedback._random, "shuffle", meet)

    def answer(registration_id: int, rating: int) -> None:
        with app.app_context(), atomic():
            feedback.give_feedback(registration_id, rating)

    threads = [
        threading.Thread(target=answer, args=(row.id, rating)) for row, rating in zip(others, (2, 3), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return sorted(db.session.scalars(select(Feedback.rating)))


def test_no_answer_is_lost_or_doubled(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer_at_once(app, monkeypatch) == [1, 2, 3]


@pytest.mark.parametrize("engine", ["postgresql"])
def test_without_the_lock_an_answer_is_doubled(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control. On SQLite the transaction itself is the lock."""
    monkeypatch.setattr(feedback, "locked", lambda model, key: db.session.get(model, key))
    assert answer_at_once(app, monkeypatch) == [1, 1, 2, 3]
