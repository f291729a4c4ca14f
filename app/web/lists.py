"""Lists that people upload or paste, as lines of cells: text in any usual encoding and with any usual separator, or a workbook.

Pure: bytes in, lines out. Nothing is computed and nothing is guessed about what a cell means; what cannot be read is refused
with the reason and, where there is one, the line.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

LARGEST = 5_000_000  # bytes of a file
MOST_LINES = 10_000
MOST_CELLS = 100  # in a line
SEPARATORS = "\t;,|"
_TEXT_BREAKS = re.compile(r"\r\n|\r|\n")
_QUOTED = re.compile(r'(^|[\t;,|]) *"(?:[^"]|"")*"', re.MULTILINE)  # a cell, which may hold line breaks
_END = "\x03"  # no list holds it; it stands alone at the end when every quotation mark was closed


class Fault(StrEnum):
    """Why a list cannot be read at all."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    TOO_WIDE = "too_wide"
    OLD_WORKBOOK = "old_workbook"
    NO_LIST = "no_list"
    QUOTE = "quote"
    WORKBOOK = "workbook"


class Unreadable(Exception):
    """`line` counts from 1; 0 when the whole list is meant."""

    def __init__(self, fault: Fault, line: int = 0) -> None:
        super().__init__(fault, line)
        self.fault, self.line = fault, line


@dataclass(frozen=True, slots=True)
class Line:
    """One line that holds something. `number` is where it begins in the file or sheet, from 1."""

    number: int
    cells: tuple[str, ...]


def decoded(content: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8 if it is that, else UTF-16 without a mark, else Windows'
    Latin. Raises Unreadable for what is no text."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if content.startswith(mark):
            return _text(content[len(mark) :].decode(encoding, "replace"))
    sample = content[:2000]
    if sample[1::2].count(0) > len(sample) // 4:
        return _text(content.decode("utf-16-le", "replace"))
    if sample[::2].count(0) > len(sample) // 4:
        return _text(content.decode("utf-16-be", "replace"))
    try:
        return _text(content.decode())
    except UnicodeDecodeError:
        return _text(content.decode("cp1252", "replace"))


def _text(text: str) -> str:
    odd = sum(character < " " and character not in "\t\r\n\x0b\x0c" for character in text[:4000])
    if "\x00" in text or odd > 2:
        raise Unreadable(Fault.NO_LIST)
    return text


def read_text(text: str) -> list[Line]:
    """The lines of a text whose separator is found out. Raises Unreadable."""
    text = _TEXT_BREAKS.sub("\n", text.replace("\x00", "").replace(_END, ""))
    return checked(_records(text, separator_of(text)))


def separator_of(text: str) -> str:
    """The separator that stands equally often in most of the first lines, beside what is quoted; without any, a comma."""
    bare = _QUOTED.sub(r"\1", text[:200_000])
    lines = [line for line in bare.split("\n", 50)[:50] if line.strip()]
    best, most = ",", 0
    for separator in SEPARATORS:
        counts = Counter(count for line in lines if (count := line.count(separator)))
        agreeing = max(counts.values(), default=0)
        if agreeing > most:
            best, most = separator, agreeing
    return best


def _records(text: str, separator: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(f"{text}\n{_END}\n"), delimiter=separator, skipinitialspace=True)
    begins = 1
    try:
        for cells in reader:
            if cells == [_END]:
                return
            yield Line(begins, tuple(cell.strip() for cell in cells))
            begins = reader.line_num + 1
    except csv.Error as fault:  # a cell beyond all measure: nearly always a mark that is not closed
        raise Unreadable(Fault.QUOTE, begins) from fault
    raise Unreadable(Fault.QUOTE, _last_open(text, separator))


def _last_open(text: str, separator: str) -> int:
    """The line in which the quotation mark stands that nothing closes."""
    reader = csv.reader(io.StringIO(f"{text}\n{_END}\n"), delimiter=separator, skipinitialspace=True)
    begins = 1
    for _cells in reader:
        if _END in _cells[-1]:
            break
        begins = reader.line_num + 1
    return begins


def checked(lines: Iterable[Line]) -> list[Line]:
    """The lines that hold something, within the limits. Raises Unreadable."""
    found: list[Line] = []
    for line in lines:
        if not any(line.cells):
            continue
        if len(found) == MOST_LINES + 1:  # one more, for the names of the columns
            raise Unreadable(Fault.TOO_LONG)
        if len(line.cells) > MOST_CELLS and any(line.cells[MOST_CELLS:]):
            raise Unreadable(Fault.TOO_WIDE, line.number)
        found.append(line)
    if not found:
        raise Unreadable(Fault.EMPTY)
    return found
