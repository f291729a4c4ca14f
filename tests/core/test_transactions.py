"""What `atomic()` guarantees on both engines."""

import threading

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import services
from app.accounts.models import Person
from app.core.database import db
from app.core.jobs import Job, enqueue
from app.core.transactions import FairLock, atomic, locked


def test_a_write_outside_atomic_is_refused(app: Flask) -> None:
    db.session.add(Person(email="x@x.example", fs_uniquifier="x"))
    with pytest.raises(RuntimeError, match="outside atomic"):
        db.session.flush()
    db.session.rollback()


def test_a_failing_block_leaves_nothing(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), atomic():
        services.find_or_create("a@home.example")
        raise ZeroDivisionError
    assert db.session.scalar(select(Person)) is None


def test_atomic_inside_atomic_is_refused(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="inside"), atomic(), atomic():
        pass


def test_read_then_write_loses_no_update(app: Flask) -> None:
    with atomic():
        enqueue("count", "one")
        job_id = db.session.scalar(select(Job.id))

    def work() -> None:
        with app.app_context():
            for _ in range(25):
                with atomic():
                    job = locked(Job, job_id)
                    job.attempts += 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    db.session.rollback()
    assert db.session.get(Job, job_id, populate_existing=True).attempts == 200


def test_the_lock_serves_in_order_of_arrival() -> None:
    lock, order, waiting = FairLock(), [], []

    def take(number: int) -> None:
        with lock:
            order.append(number)

    with lock:
        for number in range(6):
            waiting.append(threading.Thread(target=take, args=(number,)))
            waiting[-1].start()
            while len(lock._queue) < number + 2:
                pass
    [thread.join() for thread in waiting]
    assert order == list(range(6))
