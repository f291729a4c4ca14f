"""Jobs run when due, again after a fault, and never twice at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.core import clock, jobs
from app.core.database import db
from app.core.jobs import Job, enqueue
from app.core.registry import registry
from app.core.transactions import atomic


def ask(key: str = "one", **changes: Any) -> None:
    with atomic():
        enqueue("test", key, **changes)


def test_a_job_waits_until_it_is_due(app: Flask) -> None:
    seen: list[Any] = []
    registry().jobs["test"] = seen.append
    ask(due_at=clock.now() + timedelta(minutes=5), number=1)
    assert jobs.run_due() == 0
    with clock.travel(clock.now() + timedelta(minutes=6)):
        assert jobs.run_due() == 1
        assert jobs.run_due() == 0
    assert seen == [{"number": 1}]


def test_asking_again_moves_the_live_job(app: Flask) -> None:
    seen: list[Any] = []
    registry().jobs["test"] = seen.append
    ask(number=1)
    ask(due_at=clock.now() + timedelta(minutes=5), number=2)
    assert jobs.run_due() == 0
    with clock.travel(clock.now() + timedelta(minutes=6)):
        jobs.run_due()
    assert seen == [{"number": 2}]


def test_a_failing_job_is_tried_again_and_at_last_put_aside(app: Flask) -> None:
    def fail(_payload: Any) -> None:
        raise ValueError("not today")

    registry().jobs["test"] = fail
    ask()
    moment = clock.now()
    for _ in range(jobs.ATTEMPTS + 2):
        moment += timedelta(hours=1)
        with clock.travel(moment):
            jobs.run_due()
    db.session.rollback()
    job = db.session.scalars(select(Job)).one()
    assert job.attempts == jobs.ATTEMPTS
    assert job.failed_at is not None
    assert "not today" in job.reason


def test_a_job_that_asks_for_itself_again_lives_on(app: Flask) -> None:
    def later(_payload: Any) -> None:
        ask(due_at=clock.now() + timedelta(minutes=5))

    registry().jobs["test"] = later
    ask()
    assert jobs.run_due() == 1
    db.session.rollback()
    assert db.session.scalars(select(Job)).one().done_at is None


def test_several_workers_share_the_jobs(app: Flask) -> None:
    seen: list[int] = []
    registry().jobs["test"] = lambda payload: seen.append(payload["number"])
    with atomic():
        for number in range(40):
            enqueue("test", str(number), number=number)

    def work() -> None:
        with app.app_context():
            while jobs.run_due():
                pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    assert sorted(seen) == list(range(40))


def test_a_dead_workers_job_runs_again_after_its_lease(app: Flask) -> None:
    seen: list[Any] = []
    registry().jobs["test"] = seen.append
    ask()
    assert jobs._lease() is not None
    assert jobs.run_due() == 0
    with clock.travel(clock.now() + jobs.LEASE + timedelta(seconds=1)):
        assert jobs.run_due() == 1
    assert len(seen) == 1
