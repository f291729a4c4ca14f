"""Addresses that stand among those of others: exported line by line, erased, and not brought back by a backup."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.auctions.models import Auction, Eligibility
from app.core.database import db
from app.core.transactions import atomic, locked
from app.events import imports
from app.events.columns import understood
from app.events.models import ImportDraft
from app.partners.models import Partner
from app.partners.services import create_partner
from app.web.lists import read_text
from tests.auctions.helpers import make_auction
from tests.cli.house import command, empty_house
from tests.events.helpers import make_event

ANA, OMAR = "ana@home.example", "omar@home.example"


@pytest.fixture
def listed(app: Flask) -> Auction:
    """Ana has no account: she stands in a list that waits, and among those whom an auction admits."""
    event, auction = make_event(capacity=9), make_auction(1)
    with atomic():
        found = understood(read_text(f"Ana <{ANA.upper()}>\nOmar <{OMAR}>"))
        imports.keep(event.id, imports.Kind.REGISTRATIONS, "x.csv", found, None)
        row = locked(Auction, auction.id)
        row.eligibility, row.admitted = Eligibility.LISTED, f"{OMAR}\n{ANA.title()}\n@agency.example"
    return auction


def test_lines_about_somebody_are_exported_and_no_others(app: Flask, listed: Auction) -> None:
    said = command(app, "export-person", ANA)
    found = json.loads(said.output)
    assert [row["name"] for row in found["lists_read_in"]] == ["Ana"]
    assert found["auctions_that_admit"] == [listed.slug]
    assert "omar" not in said.output.lower()


def test_they_are_erased_whole(app: Flask, listed: Auction) -> None:
    said = command(app, "erase-person", ANA)
    assert (said.exit_code, said.output) == (0, "erased\n")
    assert db.session.get_one(Auction, listed.id).admitted == f"{OMAR}\n@agency.example"
    rows = db.session.scalars(select(ImportDraft.rows)).one()
    assert "Ana" not in rows and OMAR in rows
    assert command(app, "erase-person", ANA).output == "erased before; nothing is left\n"


def test_an_older_backup_does_not_bring_back_what_has_no_account(
    app: Flask, engine: str, listed: Auction, tmp_path: Path
) -> None:
    with atomic():
        create_partner(name="The choir", kind="ngo", email="choir@home.example")
    older = tmp_path / "older.tar.gz"
    command(app, "backup", str(older))
    for address in (ANA, "choir@home.example"):
        assert command(app, "erase-person", address).exit_code == 0
    names = (app.config["KERMESSE"].data_dir / "erased").read_text()
    with empty_house(engine, tmp_path) as other:
        (other.config["KERMESSE"].data_dir / "erased").write_text(names)
        assert command(other, "restore", str(older)).exit_code == 0
        assert held() == (f"{OMAR}\n@agency.example", "", False)


def held() -> tuple[Any, ...]:
    """What stands about the two."""
    db.session.rollback()
    draft = db.session.scalars(select(ImportDraft.rows)).one()
    contact = db.session.scalars(select(Partner.email).where(Partner.name == "The choir")).one()
    return db.session.scalars(select(Auction.admitted)).one(), contact, "Ana" in draft
