"""Where words stand in the text columns of every table, and how they are taken out. Erasure uses it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, quote_plus

from markupsafe import escape
from sqlalchemy import ColumnElement, Enum, String, Table, func, or_, select, text, update

from app.core.database import db

# A letter before or after makes another word, `-` and `.` another address; but in JSON the n of `\n` is no letter.
BEFORE = r"(?:(?<![^\W_])|(?<=\\[nrtbf]))"
BEFORE_ADDRESS = r"(?:(?<![^\W_])(?<![.+-])|(?<=\\[nrtbf]))"
AFTER = r"(?![^\W_]|[.-][^\W_])"


def spellings(word: str) -> set[str]:
    """A word as it stands in text, HTML, JSON and addresses."""
    plain = {word, html.escape(word), html.escape(word, quote=False), str(escape(word))}
    coded = {json.dumps(form, ensure_ascii=ascii)[1:-1] for form in plain for ascii in (True, False)}
    return plain | coded | {quote(word), quote(word, safe=""), quote_plus(word)}


def pattern(words: Collection[str]) -> re.Pattern[str]:
    """Any of the words, in any spelling, standing alone: `Ana Ng` is not in `Hana Ngata`."""
    forms = sorted({form for word in words for form in spellings(word)}, key=len, reverse=True)
    before = BEFORE_ADDRESS if any("@" in word for word in words) else BEFORE
    return re.compile(f"{before}(?:{'|'.join(map(re.escape, forms))}){AFTER}", re.IGNORECASE)


def containing(column: Any, words: Collection[str]) -> ColumnElement[bool]:
    """The condition that a column may hold one of the words, in any spelling."""
    forms = sorted({form for word in words for form in spellings(word)})
    return or_(
        *(column.contains(form, autoescape=True) for form in forms),
        *(func.lower(column).contains(form.lower(), autoescape=True) for form in forms),
    )


def take_out(words: Collection[str], instead: str = "–", spared: Collection[Any] = ()) -> None:
    """Put `instead` in the place of the words wherever they stand, in the current transaction, but in `spared` columns.

    Tables that refuse changes are opened for it: what they keep for ever is amounts, times and order, not a name that
    somebody typed into a reason.
    """
    if not words:
        return
    found, left = pattern(words), {str(column) for column in spared}
    for table in db.metadata.sorted_tables:
        columns = [column for column in table.columns if _holds_text(column) and str(column) not in left]
        keys = list(table.primary_key.columns)
        if not columns:
            continue
        query = select(*keys, *columns).where(or_(*(containing(column, words) for column in columns)))
        changes = []
        for row in db.session.execute(query).mappings().all():
            cleaned = {column.name: found.sub(instead, row[column]) for column in columns if row[column]}
            values = {name: value for name, value in cleaned.items() if value != row[table.columns[name]]}
            if values:
                changes.append(update(table).where(*(key == row[key] for key in keys)).values(**values))
        if changes:
            with _opened(table):
                for change in changes:
                    db.session.execute(change)


def _holds_text(column: Any) -> bool:
    return isinstance(column.type, String) and not isinstance(column.type, Enum) and not column.primary_key


@contextmanager
def _opened(table: Table) -> Iterator[None]:
    """Take the triggers that refuse changes away, and put them back; in one transaction, so nobody sees it open."""
    if db.engine.dialect.name == "postgresql":
        query = "SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass(:name) AND NOT tgisinternal"
        undo = [f'ALTER TABLE "{table.name}" ENABLE TRIGGER USER']
        if not db.session.scalar(text(query), {"name": table.name}):
            undo = []
        do = [step.replace("ENABLE", "DISABLE") for step in undo]
    else:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name"
        triggers = db.session.execute(text(query), {"name": table.name}).all()
        do, undo = [f'DROP TRIGGER "{name}"' for name, _ in triggers], [sql for _, sql in triggers]
    for step in do:
        db.session.execute(text(step))
    yield
    for step in undo:
        db.session.connection().exec_driver_sql(step)
