"""Spreadsheet exports. A text that a spreadsheet would run as a formula is marked as text; phone numbers stay whole."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from flask import Response

from app.web.workbooks import write_workbook

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PHONE_OR_NUMBER = re.compile(r"[+-]?[\d ()./-]*\d[\d ()./-]*", re.ASCII)


def neutral(value: object) -> str:
    """Cell text that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _PHONE_OR_NUMBER.fullmatch(text):
        return "'" + text
    return text


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A CSV download with a byte order mark, so that spreadsheets read accents right."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([neutral(cell) for cell in header])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    response = Response("\ufeff" + buffer.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def sheet_response(
    filename: str, form: str, title: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> Response:
    """A download as `csv` or `xlsx`; a time is as its own clock shows it, and can be sorted."""
    if form == "csv":
        written = ([_told(cell) for cell in row] for row in rows)
        return csv_response(f"{filename}.csv", header, written)
    response = Response(write_workbook(title, header, rows), mimetype=WORKBOOK)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}.xlsx"'
    return response


def _told(cell: object) -> object:
    return f"{cell:%Y-%m-%d %H:%M}" if isinstance(cell, datetime) else cell
