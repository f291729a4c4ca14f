"""Two organisers who put overlapping lists on one closed list at once: each address stands once, and nobody sees a fault."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event as sql
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.database import db
from app.core.transactions import atomic
from app.events import closed_list
from app.events.models import AllowedAddress
from tests.events.helpers import make_event

FIRST = {f"{number}@home.example": "First" for number in range(0, 20)}
SECOND = {f"{number}@home.example": "Second" for number in range(10, 30)}


def put_at_once(app: Flask) -> list[Exception]:
    """Both read the list before either writes, if nothing keeps them apart. Returns the faults."""
    event_id = make_event().id
    both, faults = threading.Barrier(2), []

    def meet(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT event_allowed_address"):
            with suppress(threading.BrokenBarrierError):
                both.wait(1)

    def put(named: dict[str, str]) -> None:
        with app.app_context():
            try:
                with atomic():
                    closed_list.put(event_id, named, None)
            except IntegrityError as fault:
                faults.append(fault)

    sql.listen(db.engine, "after_cursor_execute", meet)
    try:
        threads = [threading.Thread(target=put, args=(named,)) for named in (FIRST, SECOND)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sql.remove(db.engine, "after_cursor_execute", meet)
    db.session.rollback()
    return faults


def test_each_address_stands_once(app: Flask) -> None:
    assert put_at_once(app) == []
    assert sorted(db.session.scalars(select(AllowedAddress.address))) == sorted(FIRST | SECOND)


@pytest.mark.parametrize("engine", ["postgresql"])
def test_out_of_turn_one_of_them_fails(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control. On SQLite the transaction itself is the turn."""
    monkeypatch.setattr(closed_list, "in_turn", lambda _key: None)
    assert len(put_at_once(app)) == 1
