"""Fixtures that every test may use. A test that asks for `app` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextvars import copy_context
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.globals import _cv_app
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import text

from app import create_app
from app.config import read
from app.core.clock import now
from app.core.database import db
from app.web.limits import limiter
from tests.cast import Cast
from tests.engines import ENGINES, QUICK, SECRET, database_url, new_postgres_database


def _only_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    """Nothing in the suite talks to the outside: a connection elsewhere fails at once."""
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise PermissionError(f"tests may not connect to {address}")


sys.addaudithook(_only_loopback)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: at the end nobody waits for them alone."""
    items.sort(key=lambda item: "test_kills" not in item.nodeid)


WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
TEMPLATE = "migrated"
_apps: dict[str, Flask] = {}


def settings(**changes: str) -> dict[str, str]:
    """An environment for a test application."""
    base = {
        "SECRET_KEY": SECRET,
        "BASE_URL": "http://localhost",
        "STAFF_DOMAINS": "agency.example",
        "LOG_LEVEL": "error",
        "ORGANISATION": "Kermesse",
    }
    return base | changes


@cache
def _template(engine: str, whose: str) -> str:
    """The address of a database with every table and nothing in it, for copies. The migrations run once a process."""
    folder = Path(tempfile.mkdtemp(prefix="kermesse-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    url = database_url(engine, folder, TEMPLATE, whose)
    with create_app(read(settings(DATA_DIR=str(folder), DATABASE_URL=url))).app_context():
        upgrade()
        db.engine.dispose()
    return url


def _sqlite_file(url: str) -> str:
    return url.removeprefix("sqlite:///")


def migrated(engine: str, folder: Path, name: str, whose: str) -> str:
    """The address of a fresh database with every table."""
    template = _template(engine, whose)
    if engine == "postgresql":
        return new_postgres_database(name, TEMPLATE, whose)
    url = database_url(engine, folder, name, whose)
    shutil.copyfile(_sqlite_file(template), _sqlite_file(url))
    return url


def _build(engine: str, folder: Path) -> Flask:
    url = migrated(engine, folder, f"kermesse_{WORKER}", QUICK)
    app = create_app(read(settings(DATA_DIR=str(folder / "data"), DATABASE_URL=url)))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


def _empty(app: Flask, engine: str) -> None:
    db.session.remove()
    if engine == "sqlite":
        db.engine.dispose()
        path = _sqlite_file(app.config["KERMESSE"].database_url)
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(_sqlite_file(_template(engine, QUICK)), path)
        return
    names = [f'"{table.name}"' for table in db.metadata.sorted_tables]
    probes = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names)
    with db.engine.begin() as connection:
        if written := connection.scalars(text(probes)).all():  # all sixty at once would take longer than most tests
            connection.execute(text(f"TRUNCATE {', '.join(written)} CASCADE"))
        connection.execute(text("SELECT setval(format('%I', sequencename), 1, false) FROM pg_sequences"))


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The database engine of this run of the test."""
    return str(request.param)


@pytest.fixture
def app(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application on an empty database, with its context pushed."""
    if engine not in _apps:
        _apps[engine] = _build(engine, tmp_path_factory.mktemp(f"app-{engine}"))
    app = _apps[engine]
    limiter.enabled = False  # every application that is made switches the one limiter on again
    with app.app_context():
        _empty(app, engine)
        yield app
        db.session.remove()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The fixed cast, saved."""
    return Cast.assemble()


class Client(FlaskClient):
    """A client whose requests have contexts of their own, as in a server; afterwards the test reads fresh rows."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        def alone() -> Any:
            _cv_app.set(None)  # type: ignore[arg-type]
            return super(Client, self).open(*args, **kwargs)

        try:
            return copy_context().run(alone)
        finally:
            db.session.rollback()


class Browserlike:
    """A test client that signs in directly, for tests that are not about signing in."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        app.test_client_class = Client

    def __call__(self, person: Any = None) -> FlaskClient:
        client = self.app.test_client()
        if person is not None:
            with client.session_transaction() as session:
                session["_user_id"] = person.fs_uniquifier
                session["_fresh"] = True
                session["since"] = int(now().timestamp())
        return client


@pytest.fixture
def client_for(app: Flask) -> Browserlike:
    """`client_for(person)` is a client signed in as that person; `client_for()` is a stranger's."""
    return Browserlike(app)


@pytest.fixture
def letterbox(app: Flask) -> Iterator[Any]:
    """A mail server that the application sends to, over a real SMTP conversation."""
    from tests.letterbox import opened

    with opened(app) as box:
        yield box
