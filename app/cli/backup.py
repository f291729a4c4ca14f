"""Backup and restore: one file with every row, every stored file, and a manifest of hashes.

Rows are read in one snapshot, so a backup taken under load is consistent. They are written as JSON lines, one file a
table, so a backup of SQLite restores into PostgreSQL and the other way. Stored files never change once written.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext
from flask_migrate import upgrade
from sqlalchemy import Boolean, Date, Integer, Table, func, insert, select, text
from sqlalchemy.engine import Connection

from app.cli import privacy
from app.core import storage
from app.core.clock import now
from app.core.database import WRITE, UtcDateTime, db

FORMAT = 1
BATCH = 500


class RestoreRefused(Exception):
    """The file cannot be restored here; the message says why."""


def backup(target: Path) -> dict[str, Any]:
    """Write a backup; returns its manifest. The file appears only when it is whole."""
    partial = target.with_name(target.name + ".partial")
    manifest: dict[str, Any] = {"format": FORMAT, "made_at": now().isoformat(), "files": {}, "rows": {}}
    with db.engine.connect() as connection, tarfile.open(partial, "w:gz", compresslevel=5) as archive:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        manifest["revision"] = MigrationContext.configure(connection).get_current_revision()
        for table in db.metadata.sorted_tables:
            content, count = _dump(connection, table)
            manifest["rows"][table.name] = count
            _add(archive, manifest, f"rows/{table.name}.jsonl", content)
        for path in sorted(storage.root().rglob("*")):
            if path.is_file() and path.suffix != ".partial":
                _add(archive, manifest, f"media/{path.relative_to(storage.root())}", path.read_bytes())
        _put(archive, "manifest.json", json.dumps(manifest, indent=1).encode())
    partial.replace(target)
    return manifest


def _dump(connection: Connection, table: Table) -> tuple[bytes, int]:
    buffer, count = io.BytesIO(), 0
    order = list(table.primary_key.columns)
    for row in connection.execution_options(stream_results=True).execute(select(table).order_by(*order)):
        buffer.write(json.dumps([_plain(value) for value in row], ensure_ascii=False).encode() + b"\n")
        count += 1
    return buffer.getvalue(), count


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return getattr(value, "value", value)


def _add(archive: tarfile.TarFile, manifest: dict[str, Any], name: str, content: bytes) -> None:
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    _put(archive, name, content)


def _put(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))


def restore(source: Path) -> dict[str, Any]:
    """Fill this empty installation from a backup; returns the manifest. Raises RestoreRefused, changing nothing."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        manifest = _checked(Path(folder))
        upgrade(revision=manifest["revision"])
        if any(_rows_in(table) for table in db.metadata.sorted_tables):
            raise RestoreRefused("this database holds rows already; restore into an empty one")
        _load(Path(folder), manifest)
        for name in manifest["files"]:
            if name.startswith("media/"):
                target = storage.root() / name.removeprefix("media/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes((Path(folder) / name).read_bytes())
    upgrade()
    privacy.erase_again()
    return manifest


def _checked(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError) as fault:
        raise RestoreRefused("this is not a backup of Kermesse: it has no manifest") from fault
    if manifest.get("format") != FORMAT:
        raise RestoreRefused(f"this backup has format {manifest.get('format')}; this version reads {FORMAT}")
    for name, digest in manifest["files"].items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise RestoreRefused(f"{name} is missing or damaged")
    return manifest


def _rows_in(table: Table) -> bool:
    with db.engine.connect() as connection:
        return bool(connection.scalar(select(func.count()).select_from(table.select().limit(1).subquery())))


def _load(folder: Path, manifest: dict[str, Any]) -> None:
    with db.engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        for table in db.metadata.sorted_tables:
            if table.name not in manifest["rows"]:
                continue
            rows: list[dict[str, Any]] = []
            for row in _lines(folder / f"rows/{table.name}.jsonl", table):
                rows.append(row)
                if len(rows) == BATCH:
                    connection.execute(insert(table), rows)
                    rows = []
            if rows:
                connection.execute(insert(table), rows)
            _restart_sequence(connection, table)


def _lines(path: Path, table: Table) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            values = json.loads(line)
            columns = zip(table.columns, values, strict=True)
            yield {column.name: _typed(column.type, value) for column, value in columns}


def _typed(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, Boolean):
        return bool(value)
    enumeration = getattr(kind, "enum_class", None)
    return enumeration(value) if enumeration else value


def _restart_sequence(connection: Connection, table: Table) -> None:
    keys = list(table.primary_key.columns)
    if connection.dialect.name == "postgresql" and len(keys) == 1 and isinstance(keys[0].type, Integer):
        name = f"{table.name}_{keys[0].name}_seq"
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is not None:
            largest = connection.scalar(select(func.max(keys[0])))
            connection.execute(
                text("SELECT setval(:name, :value, :used)"),
                {"name": name, "value": largest or 1, "used": bool(largest)},
            )
