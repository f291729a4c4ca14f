"""What a log line must not hold."""

from __future__ import annotations

import sys
from typing import Any

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from structlog.processors import format_exc_info

from app.accounts import services
from app.auctions.models import Lot
from app.core.database import db
from app.core.logs import hide_rows, hide_secrets
from app.core.transactions import atomic
from tests.auctions.helpers import lot_of, make_auction


def written(statement: str, **values: Any) -> str:
    """What is logged of a statement that the database refuses."""
    try:
        with atomic():
            db.session.execute(text(statement), values)
    except IntegrityError:
        event: Any = format_exc_info(None, "error", {"event": "broken", "exc_info": sys.exc_info()})
        return str(hide_rows(None, "error", event)["exception"])
    raise AssertionError("it was not refused")


def test_a_refused_row_is_not_written_out(app: Flask) -> None:
    with atomic():
        services.find_or_create("pia@family.example", "Pia\nParent")
    address = "INSERT INTO person (email, name, active, fs_uniquifier, locale, created_at)"
    said = written(f"{address} SELECT email, name, active, 'x', locale, created_at FROM person")
    assert "IntegrityError" in said and "pia@family" not in said
    assert isinstance(lot_of(make_auction(1)), Lot)
    lines = " || chr(10) || 'lines ' ||" if db.engine.dialect.name == "postgresql" else " ||"
    said = written(f"UPDATE lot SET maximum = :most, title = 'Two'{lines} title, status = 'x'", most=987654)
    assert "987654" not in said and "Two" not in said.partition("[SQL:")[0] and "[SQL:" in said


def test_what_names_a_secret_is_hidden() -> None:
    event = hide_secrets(None, "info", {"event": "x", "invoice_token": "t", "e_mail": "kept", "Password": "p"})
    assert event == {"event": "x", "invoice_token": "hidden", "e_mail": "kept", "Password": "hidden"}
