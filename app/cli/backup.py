"""Backup and restore: one file with every row, every stored file, and a manifest of hashes.

Rows are read in one snapshot, so a backup taken under load is consistent. They are written as JSON lines, one file a
table, so a backup of SQLite restores into PostgreSQL and the other way. Stored files never change once written.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import Boolean, Column, Date, Integer, Table, column, func, insert, inspect, select, text
from sqlalchemy import table as lightweight
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.cli import erased, privacy
from app.core import storage
from app.core.clock import now
from app.core.database import WRITE, UtcDateTime, db

FORMAT = 1
BATCH = 500
ERASED = "erased"  # who was erased, as keyed hashes: see erased.py


class RestoreRefused(Exception):
    """The file cannot be restored here; the message says why."""


def backup(target: Path) -> dict[str, Any]:
    """Write a backup that only its owner may read; returns its manifest. The file appears only when it is whole."""
    partial = target.with_name(target.name + ".partial")
    try:
        with open(partial, "wb", opener=_for_us_alone) as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=5) as archive:
                manifest = _write(archive)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def _for_us_alone(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _write(archive: tarfile.TarFile) -> dict[str, Any]:
    manifest: dict[str, Any] = {"format": FORMAT, "made_at": now().isoformat(), "files": {}, "columns": {}, "rows": {}}
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        manifest["revision"] = MigrationContext.configure(connection).get_current_revision()
        for table in db.metadata.sorted_tables:
            content, manifest["rows"][table.name] = _dump(connection, table)
            manifest["columns"][table.name] = [known.name for known in table.columns]
            _add(archive, manifest, f"rows/{table.name}.jsonl", content)
    for path in sorted(storage.root().rglob("*")):
        if path.is_file() and path.suffix != ".partial":
            with contextlib.suppress(FileNotFoundError):  # deleted since it was listed
                _add(archive, manifest, f"media/{path.relative_to(storage.root())}", path.read_bytes())
    if names := erased.erased():
        _add(archive, manifest, ERASED, "\n".join(names).encode())
    _put(archive, "manifest.json", json.dumps(manifest, indent=1).encode())
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
        _unpack(source, Path(folder))
        manifest = _checked(Path(folder))
        _require_empty()
        upgrade(revision=manifest["revision"])
        try:
            _load(Path(folder), manifest)
        except (ValueError, KeyError, TypeError, SQLAlchemyError) as fault:
            raise RestoreRefused(f"its rows do not fit: {type(fault).__name__}") from fault
        _remember_erased(Path(folder) / ERASED)
    upgrade()
    privacy.erase_again()
    return manifest


def _unpack(source: Path, folder: Path) -> None:
    """Plain files alone, each inside the folder. (`extractall` can filter only since Python 3.11.4.)"""
    try:
        with tarfile.open(source, "r:gz") as archive:
            for member in archive:
                target, content = folder / member.name, archive.extractfile(member) if member.isreg() else None
                if content is None or ".." in target.parts or not target.is_relative_to(folder):
                    raise tarfile.TarError(f"{member.name!r} is no file of a backup")
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    shutil.copyfileobj(content, file)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as fault:
        raise RestoreRefused(f"{source.name} is no whole backup: {fault}") from fault


def _checked(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        made_by, files, rows, columns = (manifest[name] for name in ("format", "files", "rows", "columns"))
        names = {*files, *(f"rows/{table}.jsonl" for table in rows)}
        revision = str(manifest["revision"])
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise RestoreRefused("this is not a backup of Kermesse: it has no manifest") from fault
    if made_by != FORMAT:
        raise RestoreRefused(f"this backup has format {made_by}; this version reads {FORMAT}")
    for name in sorted(names):
        path = folder / name
        if not _belongs(name):
            raise RestoreRefused(f"{name!r} is no name of a file in a backup")
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != files.get(name):
            raise RestoreRefused(f"{name} is missing or damaged")
    if set(rows) != set(columns):
        raise RestoreRefused("its manifest is damaged")
    unknown = sorted(set(rows) - set(db.metadata.tables))
    try:
        ScriptDirectory(str(current_app.extensions["migrate"].directory)).get_revision(revision)
    except CommandError:
        unknown.append(f"migration {revision}")
    if unknown:
        raise RestoreRefused(f"this version does not know {', '.join(unknown)}; restore with the one that made it")
    return manifest


def _belongs(name: str) -> bool:
    """Whether a name is one that a backup writes: it must not lead out of the folder that it is unpacked into."""
    path = PurePosixPath(name)
    return str(path) == name and ".." not in path.parts and path.parts[0] in ("rows", "media", ERASED)


def _require_empty() -> None:
    standing = set(inspect(db.engine).get_table_names())
    with db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            if table.name in standing and connection.execute(select(text("1")).select_from(table).limit(1)).first():
                raise RestoreRefused("this database holds rows already; restore into an empty one")


def _load(folder: Path, manifest: dict[str, Any]) -> None:
    """Rows and files, or nothing: the rows are committed when the files stand."""
    copied: list[Path] = []
    try:
        with db.engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
            for table in db.metadata.sorted_tables:
                if table.name in manifest["rows"]:
                    _load_table(connection, folder, table, manifest["columns"][table.name])
            for name in manifest["files"]:
                if name.startswith("media/"):
                    target = storage.root() / name.removeprefix("media/")
                    target.parent.mkdir(parents=True, exist_ok=True)
                    copied.append(target)
                    shutil.copyfile(folder / name, target)
                    target.chmod(0o600)
    except BaseException:
        for target in copied:
            target.unlink(missing_ok=True)
        raise


def _load_table(connection: Connection, folder: Path, table: Table, names: list[str]) -> None:
    # Only the columns of then: later ones are added by the migrations that follow.
    columns = [table.columns[name] for name in names]
    into = lightweight(table.name, *(column(known.name, known.type) for known in columns))
    lines = _lines(folder / f"rows/{table.name}.jsonl", columns)
    while rows := list(islice(lines, BATCH)):
        connection.execute(insert(into), rows)
    _restart_sequence(connection, table)


def _remember_erased(path: Path) -> None:
    if path.exists():
        erased.remember(path.read_text().splitlines())


def _lines(path: Path, columns: Sequence[Column[Any]]) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            values = zip(columns, json.loads(line), strict=True)
            yield {known.name: _typed(known.type, value) for known, value in values}


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
