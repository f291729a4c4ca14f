"""Workbooks (XLSX, ECMA-376) with the standard library: the first sheet read as lines, and a table written as a sheet.

A workbook is a zip of XML, so it can be a bomb: every part is read up to a limit whatever its header claims, and a document
type (which entities need) is refused at its first character. Formulas are never computed: what was shown last is read.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from app.web.lists import LARGEST, MOST_CELLS, MOST_LINES, Fault, Line, Unreadable, checked, decoded, read_text

OLD_WORKBOOK, ZIP = b"\xd0\xcf\x11\xe0", b"PK"
FAULTS = (
    zipfile.BadZipFile, zlib.error, expat.ExpatError, KeyError, OSError, EOFError, NotImplementedError, RuntimeError,
    ValueError,
)  # fmt: skip
LARGEST_PART = 30_000_000  # bytes, unpacked
MOST_PARTS = 500
LONGEST_CELL = 32_767  # a spreadsheet's own limit
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def read_list(content: bytes) -> list[Line]:
    """The lines of a file, a workbook or a text, told by its content and never by its name. Raises Unreadable."""
    if len(content) > LARGEST:
        raise Unreadable(Fault.TOO_LARGE)
    if content.startswith(OLD_WORKBOOK):
        raise Unreadable(Fault.OLD_WORKBOOK)
    return checked(read_workbook(content)) if content.startswith(ZIP) else read_text(decoded(content))


def read_workbook(content: bytes) -> list[Line]:
    """The lines of the first sheet. Raises Unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if len(parts.namelist()) > MOST_PARTS:
                raise Unreadable(Fault.WORKBOOK)
            texts = _Texts()
            if "xl/sharedStrings.xml" in parts.namelist():
                _parse(_part(parts, "xl/sharedStrings.xml"), texts)
            sheet = _Sheet(texts.found)
            _parse(_part(parts, _first_sheet(parts)), sheet)
            return sheet.lines
    except FAULTS as fault:
        raise Unreadable(Fault.WORKBOOK) from fault


def _part(parts: zipfile.ZipFile, name: str) -> bytes:
    with parts.open(name) as file:
        content = file.read(LARGEST_PART + 1)
    if len(content) > LARGEST_PART:
        raise Unreadable(Fault.TOO_LARGE)
    return content


def _first_sheet(parts: zipfile.ZipFile) -> str:
    """The part of the first sheet as the workbook orders them, which need not be sheet1."""
    book, links = _Tags("sheet"), _Tags("Relationship")
    _parse(_part(parts, "xl/workbook.xml"), book)
    _parse(_part(parts, "xl/_rels/workbook.xml.rels"), links)
    if not book.found:
        raise Unreadable(Fault.WORKBOOK)
    wanted = next((value for name, value in book.found[0].items() if name.rsplit("|", 1)[-1] == "id"), "")
    target = {link.get("Id", ""): link.get("Target", "") for link in links.found}[wanted]
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


class _Reader:
    """What is told of the tags of a part, without their name spaces."""

    def start(self, tag: str, facts: dict[str, str]) -> None: ...

    def end(self, tag: str) -> None: ...

    def text(self, piece: str) -> None: ...


def _parse(content: bytes, reader: _Reader) -> None:
    parser = expat.ParserCreate(namespace_separator="|")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise Unreadable(Fault.WORKBOOK)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda tag, facts: reader.start(tag.rsplit("|", 1)[-1], facts)
    parser.EndElementHandler = lambda tag: reader.end(tag.rsplit("|", 1)[-1])
    parser.CharacterDataHandler = reader.text
    parser.Parse(content, True)


class _Tags(_Reader):
    """The attributes of every tag of a name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: list[dict[str, str]] = []

    def start(self, tag: str, facts: dict[str, str]) -> None:
        if tag == self.name:
            self.found.append(facts)


class _Texts(_Reader):
    """The texts that cells share. How a word is pronounced (`rPh`) is no part of it."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._reads = self._aside = False

    def start(self, tag: str, facts: dict[str, str]) -> None:
        if tag == "si":
            self._pieces = []
        elif tag == "rPh":
            self._aside = True
        self._reads = tag == "t" and not self._aside

    def end(self, tag: str) -> None:
        self._reads = False
        if tag == "rPh":
            self._aside = False
        elif tag == "si":
            self.found.append("".join(self._pieces).strip()[:LONGEST_CELL])

    def text(self, piece: str) -> None:
        if self._reads:
            self._pieces.append(piece)


class _Sheet(_Reader):
    """The cells of a sheet, line by line."""

    def __init__(self, shared: Sequence[str]) -> None:
        self.lines: list[Line] = []
        self._shared = shared
        self._row, self._cells, self._column, self._kind = 0, list[str](), 0, ""
        self._pieces: list[str] = []
        self._reads = self._aside = False

    def start(self, tag: str, facts: dict[str, str]) -> None:
        if tag == "row":
            self._row = int(facts.get("r", self._row + 1))
            self._cells = []
        elif tag == "c":
            self._kind, self._pieces = facts.get("t", "n"), []
            reference = _REFERENCE.fullmatch(facts.get("r", ""))
            self._column = _column(reference[1]) if reference else len(self._cells)
        elif tag == "rPh":
            self._aside = True
        self._reads = tag in ("v", "t") and not self._aside

    def end(self, tag: str) -> None:
        self._reads = False
        if tag == "rPh":
            self._aside = False
        elif tag == "c":
            if self._column < MOST_CELLS:
                self._cells += [""] * (self._column - len(self._cells)) + [self._value()]
            elif self._value():
                raise Unreadable(Fault.TOO_WIDE, self._row)
        elif tag == "row" and any(self._cells):
            if len(self.lines) > MOST_LINES:
                raise Unreadable(Fault.TOO_LONG)
            self.lines.append(Line(self._row, tuple(self._cells)))

    def text(self, piece: str) -> None:
        if self._reads:
            self._pieces.append(piece)

    def _value(self) -> str:
        text = "".join(self._pieces).strip()
        if self._kind == "s":
            return self._shared[int(text)] if text.isdigit() and int(text) < len(self._shared) else ""
        if self._kind == "e":
            return ""
        text = text[:LONGEST_CELL]
        if self._kind == "n" and re.fullmatch(r"-?\d+\.0+", text):
            return text.split(".")[0]
        return text


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


# Writing

_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)  # where days are counted from, a mistake about 1900 included
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    # Styles: 0 as it is, 1 the head, 2 a day and time.
    "xl/styles.xml": f'<styleSheet xmlns="{_SHEETS}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/>'
    '</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font>'
    '</fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>',
}


def write_workbook(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A workbook of one sheet. Numbers are numbers; a datetime is written as its own clock shows it; all else is text,
    which no spreadsheet takes for a formula."""
    lines, widths = [_row(1, header, 1)], [len(text) for text in header]
    for number, row in enumerate(rows, 2):
        lines.append(_row(number, row))
        widths = [max(width, min(60, _length(cell))) for width, cell in zip(widths, row, strict=True)]
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{width + 2}" customWidth="1"/>'
        for place, width in enumerate(widths, 1)
    )
    name = escape(_ILLEGAL.sub("", re.sub(r"[\[\]:*?/\\']", " ", title))[:31].strip() or "List", {'"': "&quot;"})
    parts = _PARTS | {
        "xl/workbook.xml": f'<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}"><sheets><sheet name="{name}" sheetId="1" r:id="rId1"/>'
        "</sheets></workbook>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEETS}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>{''.join(lines)}</sheetData></worksheet>",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for part, text in parts.items():
            file.writestr(part, _HEAD + text)
    return buffer.getvalue()


def _row(number: int, cells: Sequence[object], style: int = 0) -> str:
    return f'<row r="{number}">{"".join(_cell(number, place, cell, style) for place, cell in enumerate(cells))}</row>'


def _cell(row: int, place: int, value: Any, style: int) -> str:
    reference = f"{_letters(place)}{row}"
    if isinstance(value, datetime):
        serial = (value.replace(tzinfo=UTC) - _EPOCH).total_seconds() / 86400
        return f'<c r="{reference}" s="2"><v>{serial:.6f}</v></c>'
    if isinstance(value, int) and not isinstance(value, bool):
        return f'<c r="{reference}"><v>{value}</v></c>'
    text = _ILLEGAL.sub("", "" if value is None else str(value))[:LONGEST_CELL]
    if not text:
        return ""
    styled = f' s="{style}"' if style else ""
    return f'<c r="{reference}" t="inlineStr"{styled}><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _letters(place: int) -> str:
    text, number = "", place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


def _length(cell: object) -> int:
    return 16 if isinstance(cell, date) else max((len(line) for line in str(cell or "").split("\n")), default=0)
