"""Hearing that another process committed something, without a broker. For the event loop of the live pages.

SQLite: `PRAGMA data_version` changes when another connection commits; asking costs some microseconds. PostgreSQL: LISTEN,
told by triggers (migration 0003), so that no writer can forget it. See docs/decisions/0008-live.md.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import psycopg
import structlog
from sqlalchemy import func, select

from app.core.database import db

CHANNEL = "kermesse_news"
ASK_EVERY_S = 0.005
AGAIN_S = 1.0
log = structlog.get_logger()


def tell() -> None:
    """Let the live pages hear of this transaction when it commits, where no trigger tells it. SQLite tells every commit."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_notify(CHANNEL, "")))


async def news(database_url: str) -> AsyncIterator[None]:
    """Yields after each commit that others made, and once at the start; several commits may come as one."""
    if database_url.startswith("sqlite"):
        async for _ in _of_sqlite(Path(database_url.removeprefix("sqlite:///"))):
            yield
        return
    while True:
        try:
            async for _ in _of_postgresql(database_url.replace("postgresql+psycopg://", "postgresql://", 1)):
                yield
        except psycopg.OperationalError:
            log.warning("the live pages lost the database; trying again")
            await asyncio.sleep(AGAIN_S)


async def _of_sqlite(path: Path) -> AsyncIterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
        seen = None
        while True:
            version = connection.execute("PRAGMA data_version").fetchone()
            if version != seen:
                seen = version
                yield
            await asyncio.sleep(ASK_EVERY_S)


async def _of_postgresql(url: str) -> AsyncIterator[None]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        yield
        while True:
            async for _ in connection.notifies(timeout=None, stop_after=1):
                yield
