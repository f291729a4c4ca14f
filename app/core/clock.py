"""The only place that reads the time. Always aware and in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_elsewhen: ContextVar[datetime | None] = ContextVar("elsewhen", default=None)


def now() -> datetime:
    """The current time of this process, in UTC. Read it after taking a lock, never before."""
    return _elsewhen.get() or datetime.now(UTC)


@contextmanager
def travel(moment: datetime) -> Iterator[None]:
    """Let `now()` be `moment` in this context: for the past that the demo tells, and for tests. No request can."""
    token = _elsewhen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _elsewhen.reset(token)
