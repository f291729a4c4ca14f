"""Lists as people send them: any encoding, any separator, workbooks of any program; and those that cannot be read."""

from __future__ import annotations

import contextlib
import io
import zipfile
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web import workbooks
from app.web.lists import MOST_LINES, Fault, Line, Unreadable, read_text
from app.web.workbooks import read_list, write_workbook

PLAIN = [Line(1, ("Name", "E-mail")), Line(2, ("Zoë Ü", "zoe@a.example")), Line(4, ("Ana", "ana@a.example"))]
TEXT = "Name,E-mail\nZoë Ü,zoe@a.example\n\nAna,ana@a.example\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_separators_and_line_ends(encoding: str, separator: str, end: str) -> None:
    assert read_list(TEXT.replace(",", separator).replace("\n", end).encode(encoding)) == PLAIN


def test_a_utf16_file_that_says_which() -> None:
    assert read_list(b"\xfe\xff" + TEXT.encode("utf-16-be")) == PLAIN


def test_separators_within_quotes_and_names_are_no_separators() -> None:
    assert read_text('Name;E-mail\n"Keller; Anna, Dr";a@a.example\n"B ""Bee"" B";b@a.example')[1:] == [
        Line(2, ("Keller; Anna, Dr", "a@a.example")),
        Line(3, ('B "Bee" B', "b@a.example")),
    ]


def test_what_a_cell_of_several_lines_holds_is_no_separator() -> None:
    text = 'Name,Days,Word\nAnn,Monday; Tuesday,"Two\nlines; and more"\n'
    assert read_list(text.encode())[1].cells == ("Ann", "Monday; Tuesday", "Two\nlines; and more")


def test_a_cell_of_several_lines_keeps_the_numbers_of_the_lines() -> None:
    found = read_text('a,"one\ntwo"\n\nb,c')
    assert found == [Line(1, ("a", "one\ntwo")), Line(4, ("b", "c"))]


@pytest.mark.parametrize(("text", "line"), [('a,b\n"c,d\ne,f', 2), ('"', 1), ('a,b\nc,d\ne,"f\n\nh', 3)])
def test_a_quotation_mark_that_is_not_closed_is_named(text: str, line: int) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_text(text)
    assert (refusal.value.fault, refusal.value.line) == (Fault.QUOTE, line)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", Fault.EMPTY),
        (b"\xef\xbb\xbf \n\r\n,,,\n", Fault.EMPTY),
        (b"x" * 5_000_001, Fault.TOO_LARGE),
        (b"a@a.example\n" * 100_000, Fault.TOO_LONG),
        (b"a\n" + b"x," * 150 + b"x", Fault.TOO_WIDE),
        (b"\xd0\xcf\x11\xe0rest", Fault.OLD_WORKBOOK),
        (b"%PDF-1.7\n\x01\x02\x03\x04\x05", Fault.NO_LIST),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", Fault.NO_LIST),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01", Fault.NO_LIST),
        (b"PK\x03\x04 is no zip", Fault.WORKBOOK),
        (b'"' + b"x" * 200_000, Fault.QUOTE),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, fault: Fault) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_list(content)
    assert refusal.value.fault is fault


def test_as_many_lines_as_are_taken_are_taken() -> None:
    assert len(read_text("x\n" * (MOST_LINES + 1))) == MOST_LINES + 1


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_no_file_is_a_fault(content: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert all(isinstance(cell, str) and cell == cell.strip() for line in read_list(content) for cell in line.cells)


# Workbooks

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
BOOK = f"""<workbook {MAIN} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>
<sheet name="Second in the zip" sheetId="7" r:id="rId9"/><sheet name="Other" sheetId="1" r:id="rId1"/></sheets></workbook>"""
LINKS = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="t" Target="worksheets/sheet1.xml"/><Relationship Id="rId9" Type="t" Target="/xl/worksheets/two.xml"/>
</Relationships>"""
TEXTS = f"""<sst {MAIN}><si><t>Name</t></si><si><r><t>Zo</t></r><r><t xml:space="preserve">ë Ü </t></r><rPh><t>noise</t></rPh></si></sst>"""
SHEET = f"""<worksheet {MAIN}><sheetData><row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="inlineStr"><is><t>E-mail</t></is></c></row>
<row r="3"/><row r="5"><c r="A5" t="s"><v>1</v></c><c r="B5"><v>3.0</v></c><c r="C5" t="str"><f>"z"&amp;"@a"</f><v>z@a.example</v></c>
<c r="D5"><f>HYPERLINK("x")</f></c><c r="E5" t="e"><v>#REF!</v></c>
<c r="F5" t="b"><v>1</v></c><c r="G5" t="s"><v>99</v></c></row></sheetData></worksheet>"""


def zipped(**changes: str) -> bytes:
    parts = {
        "xl/workbook.xml": BOOK, "xl/_rels/workbook.xml.rels": LINKS, "xl/sharedStrings.xml": TEXTS,
        "xl/worksheets/sheet1.xml": "<no/>", "xl/worksheets/two.xml": SHEET,
    } | {name.replace("__", "/") + ".xml": text for name, text in changes.items()}  # fmt: skip
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            if text:
                file.writestr(name, text)
    return buffer.getvalue()


def test_a_workbook_as_spreadsheets_write_it() -> None:
    assert read_list(zipped()) == [
        Line(2, ("Name", "", "E-mail")),
        Line(5, ("Zoë Ü", "3", "z@a.example", "", "", "1", "")),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"xl__worksheets__two": '<!DOCTYPE a [<!ENTITY b "c">]>' + SHEET},
        {"xl__worksheets__two": '<!DOCTYPE a SYSTEM "file:///etc/passwd">' + SHEET},
        {"xl__sharedStrings": "<!DOCTYPE s>" + TEXTS},
        {"xl__worksheets__two": SHEET[:200]},
        {"xl__worksheets__two": ""},
        {"xl__workbook": "<workbook/>"},
        {"xl__workbook": ""},
        {"xl___rels__workbook": ""},
        {"xl__worksheets__two": SHEET.replace('r="5"', 'r="five"')},
    ],
)
def test_a_broken_or_dangerous_workbook_is_refused(change: dict[str, str]) -> None:
    if "xl___rels__workbook" in change:
        content = zipped().replace(b"workbook.xml.rels", b"workbook.xml.gone")
    else:
        content = zipped(**change)
    with pytest.raises(Unreadable) as refusal:
        read_list(content)
    assert refusal.value.fault is Fault.WORKBOOK


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "LARGEST_PART", 1_000_000)
    with pytest.raises(Unreadable) as refusal:
        read_list(zipped(xl__worksheets__two=SHEET.replace("z@a.example", "x" * 2_000_000)))
    assert refusal.value.fault is Fault.TOO_LARGE


def test_every_cut_of_a_workbook_is_refused_or_read() -> None:
    whole = zipped()
    for length in range(0, len(whole), 7):
        with pytest.raises(Unreadable):
            read_list(whole[:length])


def test_a_workbook_too_long_or_too_wide() -> None:
    rows = "".join(f'<row><c t="inlineStr"><is><t>{number}</t></is></c></row>' for number in range(MOST_LINES + 5))
    wide = '<row><c r="ZZ1"><v>1</v></c></row>'
    for inside, fault in ((rows, Fault.TOO_LONG), (wide, Fault.TOO_WIDE)):
        with pytest.raises(Unreadable) as refusal:
            read_list(zipped(xl__worksheets__two=f"<worksheet {MAIN}><sheetData>{inside}</sheetData></worksheet>"))
        assert refusal.value.fault is fault


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40)


@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3).filter(lambda row: any(cell.strip() for cell in row)), min_size=1)
)
def test_what_is_written_is_read_again(rows: list[list[str]]) -> None:
    read = read_list(write_workbook("A list: [of] all?", ["One", "Two", "Three"], rows))
    found = [[*line.cells, "", "", ""][:3] for line in read[1:]]
    assert found == [[cell.strip() for cell in row] for row in rows]


def test_numbers_times_and_formulas_in_a_written_workbook() -> None:
    at = datetime(2026, 3, 8, 12, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Zurich"))
    content = write_workbook("Who/comes", ["When", "How many", "Phone", "Trick"], [[at, 3, "+41 22 730 00 00", "=1+1"]])
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        sheet = file.read("xl/worksheets/sheet1.xml").decode()
    assert (
        '<c r="A2" s="2"><v>46089.562500</v></c><c r="B2"><v>3</v></c>' in sheet
    )  # 13:30 in Zurich, as its clock shows it
    assert "<f>" not in sheet
    assert read_list(content)[1].cells[1:] == ("3", "+41 22 730 00 00", "=1+1")
