"""Every migration goes up, down and up again on both engines, with rows in the tables, and ends where the models are."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from app import create_app
from app.accounts.models import Person
from app.accounts.services import find_or_create
from app.auctions import lots
from app.config import read
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import inviting
from app.partners.services import create_partner
from tests.auctions.helpers import bid, lot_of, make_auction
from tests.conftest import WORKER, settings
from tests.engines import QUICK, database_url
from tests.events.helpers import make_event


def test_up_down_and_up_again(engine: str, tmp_path: Path) -> None:
    url = database_url(engine, tmp_path, f"migrations_{WORKER}", QUICK)
    app = create_app(read(settings(DATA_DIR=str(tmp_path), DATABASE_URL=url)))
    with app.app_context():
        upgrade()
        with atomic():
            create_partner(name="Passerelle", kind="ngo")
            db.session.add(Person(email="a@home.example", fs_uniquifier="x", created_at=now()))
        db.session.remove()
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        upgrade()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            differences = [item for item in compare_metadata(context, db.metadata) if not _known(item)]
        assert differences == []
        db.engine.dispose()


def test_bids_made_before_the_public_log_get_their_lines(engine: str, tmp_path: Path) -> None:
    """0004 writes the lines that the same bids would have had, and the log still refuses changes after it."""
    url = database_url(engine, tmp_path, f"lines_{WORKER}", QUICK)
    app = create_app(read(settings(DATA_DIR=str(tmp_path), DATABASE_URL=url)))
    with app.app_context():
        upgrade()
        auction = make_auction()
        with atomic():
            people = [find_or_create(f"bidder{number}@home.example") for number in range(3)]
        for person, francs in zip([*people, people[0], people[0]], (50, 30, 60, 70, 90), strict=True):
            assert bid(lot_of(auction), person, francs).reason is None
        db.session.remove()
        downgrade(revision="0003")
        upgrade()
        lot = lot_of(auction)
        assert lots.differences(lot.auction, lot) == []
        assert (len(lot.secret), len(lot.head), lot.sealed_from) == (64, 64, 4)
        with pytest.raises(Exception, match="append-only"), db.engine.begin() as connection:
            connection.execute(text("UPDATE lot_event SET line = ''"))
        db.session.remove()
        db.engine.dispose()


def test_an_invitation_with_kept_seats_names_their_room(engine: str, tmp_path: Path) -> None:
    """0012: where seats are kept, there the invited sit; the others may choose."""
    url = database_url(engine, tmp_path, f"rooms_{WORKER}", QUICK)
    app = create_app(read(settings(DATA_DIR=str(tmp_path), DATABASE_URL=url)))
    with app.app_context():
        upgrade()
        event = make_event(capacity=5)
        with atomic():
            wanted = [inviting.Wanted(f"{name}@state.example") for name in ("kept", "free")]
            inviting.invite(event.id, wanted[:1], keep_seats=True, answer_by=event.starts_at)
            inviting.invite(event.id, wanted[1:])
        pool_id = event.pools[0].id
        db.session.remove()
        downgrade(revision="0010")
        upgrade()
        rows = db.session.execute(text("SELECT email, pool_id FROM event_invitation")).all()
        assert {row.email: row.pool_id for row in rows} == {"kept@state.example": pool_id, "free@state.example": None}
        db.session.remove()
        db.engine.dispose()


def _known(difference: object) -> bool:
    """Partial and expression indexes read back differently; everything else must agree."""
    return isinstance(difference, tuple) and str(difference[0]).endswith("_index")


@pytest.mark.parametrize("table", ["lot_event", "ledger_entry", "ledger_transfer", "audit_entry"])
def test_append_only_tables_refuse_changes(app: object, table: str) -> None:
    with db.engine.connect() as connection:
        names = connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            if db.engine.dialect.name == "sqlite"
            else text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        ).scalars()
        assert {f"{table}_no_update", f"{table}_no_delete"} <= set(names)


def test_a_noted_action_cannot_be_changed(cast: object) -> None:
    with pytest.raises(Exception, match="append-only"), db.engine.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET action = 'x'"))
