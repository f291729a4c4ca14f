"""Which tables were written to, for tests that assert that nothing was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from app.core.database import db


@contextmanager
def committed() -> Iterator[list[str]]:
    """The tables that transactions committed inside the block wrote to; emptied by whoever reads it."""
    pending: list[str] = []
    done: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        words = statement.split(None, 3)
        if words[0] in ("INSERT", "UPDATE", "DELETE"):
            pending.append(words[1 if words[0] == "UPDATE" else 2].strip('"'))

    def commit(_connection: Any) -> None:
        done.extend(pending)
        pending.clear()

    def rollback(_connection: Any) -> None:
        pending.clear()

    hooks = {"before_cursor_execute": note, "commit": commit, "rollback": rollback}
    for name, hook in hooks.items():
        event.listen(db.engine, name, hook)
    try:
        yield done
    finally:
        for name, hook in hooks.items():
            event.remove(db.engine, name, hook)
