"""`with atomic():` is the only door to a write. Views, webhooks, commands and jobs open it; services never do.

On SQLite it takes a fair turn in this process, then BEGIN IMMEDIATE. On PostgreSQL it is READ COMMITTED with a time-out
on locks, and services take row locks through `locked`. A deadlock or a lock time-out raises `Busy`, which `retried`
runs again from the start.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core.database import WRITE, db

Result = TypeVar("Result")
RETRIED_STATES = ("40001", "40P01", "55P03")  # serialization failure, deadlock, lock not available
LOCK_TIMEOUT_MS = 15000


class Busy(Exception):
    """The database could not serve this write now; nothing was written."""


class FairLock:
    """A lock served in order of arrival. SQLite's own is unfair: its slowest writers waited four times longer."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._queue: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._guard:
            mine = threading.Lock()
            mine.acquire()
            self._queue.append(mine)
            first = len(self._queue) == 1
        if not first:
            mine.acquire()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._queue.popleft()
            if self._queue:
                self._queue[0].release()


_turn = FairLock()


@contextmanager
def atomic() -> Iterator[Session]:
    """One writing transaction: commits at the end of the block, rolls back on any exception.

    Ends first the reading transaction that loading the user began, so everything read inside is fresh.
    """
    session = db.session()
    if session.info.get("atomic"):
        raise RuntimeError("atomic() inside atomic(): a service must not open a transaction")
    session.rollback()
    if db.engine.dialect.name == "sqlite":
        with _turn:
            yield from _transaction(session)
    else:
        yield from _transaction(session)


def _transaction(session: Session) -> Iterator[Session]:
    session.info["atomic"] = True
    try:
        connection = session.connection(execution_options={WRITE: True})
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))
        yield session
        session.commit()
    except OperationalError as fault:
        session.rollback()
        if _passing(fault):
            raise Busy from fault
        raise
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("atomic", None)


def _passing(fault: OperationalError) -> bool:
    state = getattr(fault.orig, "sqlstate", None)
    return state in RETRIED_STATES or "database is locked" in str(fault.orig)


def one_moment() -> None:
    """Let what this session reads, until its next commit or rollback, be of one moment. On SQLite it always is."""
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


def retried(function: Callable[[], Result], attempts: int = 3) -> Result:
    """Run something that opens its own `atomic()`, again when the database was `Busy`."""
    for _ in range(attempts - 1):
        try:
            return function()
        except Busy:
            continue
    return function()


def locked(model: type[Any], key: Any) -> Any:
    """The row of `model` with that primary key, locked until the transaction ends and freshly read; None if absent.

    Lock several rows in the order of their keys. SQLite drops FOR UPDATE: there BEGIN IMMEDIATE has locked already.
    """
    return db.session.get(model, key, with_for_update=True, populate_existing=True)


def in_turn(key: str) -> None:
    """Let no other transaction that names the same key go on before this one ends: for what no row stands for yet. On SQLite
    there is one writer anyway."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 7))"), {"key": key})


@event.listens_for(Session, "before_flush")
def _refuse_stray_writes(session: Session, *_: object) -> None:
    """A write outside `atomic()` would be lost or unlocked: say so at once."""
    if (session.new or session.dirty or session.deleted) and not session.info.get("atomic"):
        changed = [*session.new, *(item for item in session.dirty if session.is_modified(item)), *session.deleted]
        if changed:
            raise RuntimeError(f"a write outside atomic(): {changed[0]!r}")
