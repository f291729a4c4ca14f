"""Looking for words as people type them: without accents and case, the same on SQLite and PostgreSQL, without an extension.

SQLite gets a function of ours (`database.prepare_engine`); PostgreSQL does the same with its own (13 or later). Both look at
each row: what is searched here are hundreds of events or people, not a library.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, Text, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

FUNCTION = "kermesse_folded"
# What no normal form takes apart, and what people type in two ways.
SINGLE = {
    "Ø": "o", "ø": "o", "Ł": "l", "ł": "l", "Đ": "d", "đ": "d", "Ð": "d", "ð": "d", "Ħ": "h", "ħ": "h", "ı": "i",
    "’": "'", "‘": "'", "‑": "-", "–": "-",
}  # fmt: skip
DOUBLE = {"ß": "ss", "ẞ": "ss", "Æ": "ae", "æ": "ae", "Œ": "oe", "œ": "oe"}
_TABLE = str.maketrans(SINGLE | DOUBLE)
_MARKS = re.compile("[\u0300-\u036f]")


def fold(text: str | None) -> str | None:
    """A text without accents, in small letters."""
    if text is None or text.isascii():
        return text and text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text)).translate(_TABLE).lower()


class folded(FunctionElement[str]):
    """The same of a column or a value, in the database."""

    name = "folded"
    type = Text()
    inherit_cache = True


@compiles(folded, "sqlite")
def _by_ours(element: Any, compiler: Any, **options: Any) -> str:
    return f"{FUNCTION}({compiler.process(element.clauses, **options)})"


@compiles(folded, "postgresql")
def _by_theirs(element: Any, compiler: Any, **options: Any) -> str:
    text = f"normalize({compiler.process(element.clauses, **options)}, NFKD)"
    text = rf"regexp_replace({text}, '[\u0300-\u036f]', '', 'g')"
    text = f"translate({text}, {_quoted(''.join(SINGLE))}, {_quoted(''.join(SINGLE.values()))})"
    for letter, two in DOUBLE.items():
        text = f"replace({text}, {_quoted(letter)}, {_quoted(two)})"
    return f"lower({text})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def found_in(text: str, *columns: Any) -> ColumnElement[bool]:
    """Whether this text stands in one of the columns."""
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return or_(*(folded(column).like(folded(f"%{plain}%"), escape="\\") for column in columns))
