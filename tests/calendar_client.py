"""A calendar program for the tests: strict about what it is sent, and it does what calendars do with an invitation.

It reads with another library than the one that writes, and checks the lines by itself before.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import vobject
from icalendar import Calendar

PROPERTY = re.compile(
    r"([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:\"[^\"\x00-\x08\x0a-\x1f\x7f]*\"|[^\";:,\x00-\x1f\x7f]*))*):(.*)", re.DOTALL
)
TEXTS = ("SUMMARY", "LOCATION", "DESCRIPTION", "COMMENT")
ONCE = ("UID", "DTSTAMP", "DTSTART", "SEQUENCE", "STATUS", "SUMMARY", "ORGANIZER")


def faults(raw: bytes) -> list[str]:
    """What is wrong with a calendar file, line by line (RFC 5545, 3.1 and 3.3.11) and as a whole (3.6, RFC 5546)."""
    found = _line_faults(raw)
    lines = raw.decode().replace("\r\n ", "").split("\r\n")[:-1]
    open_parts: list[str] = []
    counted: list[Counter[str]] = []
    uids: list[str] = []
    zones, used = set(), set()
    for line in lines:
        read = PROPERTY.fullmatch(line)
        if read is None:
            found.append(f"not a property: {line[:60]!r}")
            continue
        name, parameters, value = read[1].upper(), read[2], read[3]
        if name == "BEGIN":
            open_parts.append(value)
            counted.append(Counter())
        elif name == "END":
            if not open_parts or open_parts.pop() != value:
                found.append(f"END without BEGIN: {value}")
                continue
            part = counted.pop()
            if value == "VEVENT":
                found += [f"{needed} stands {part[needed]} times" for needed in ONCE if part[needed] != 1]
            if value == "VCALENDAR":
                found += [f"{needed} is missing" for needed in ("VERSION", "PRODID", "METHOD") if part[needed] != 1]
        else:
            counted[-1][name] += 1
            if name in TEXTS and re.search(r"[,;\\]", re.sub(r"\\[\\,;nN]", "", value)):
                found.append(f"badly escaped {name}")
            if name == "TZID":
                zones.add(value)
            if name == "UID":
                uids.append(value)
            used |= set(re.findall(r";TZID=([^;:]+)", parameters))
    found += [f"{uid} stands {number} times" for uid, number in Counter(uids).items() if number > 1]
    found += [f"no VTIMEZONE for {zone}" for zone in used - zones]
    return found + [f"not closed: {part}" for part in open_parts]


def _line_faults(raw: bytes) -> list[str]:
    found = []
    if not raw.endswith(b"END:VCALENDAR\r\n"):
        found.append("the last line does not end")
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        found.append("a line that ends without CRLF")
    for line in raw.split(b"\r\n"):
        if len(line) > 75:
            found.append(f"{len(line)} octets in a line")
        try:
            text = line.decode()
        except ValueError:
            found.append("a letter is cut in two")
            continue
        if any((ord(letter) < 32 and letter != "\t") or ord(letter) == 127 for letter in text):
            found.append("a control character")
    return found


def strictly(raw: bytes) -> Any:
    """The calendar, read by both libraries; the other one's reading. Raises AssertionError for whatever is not right."""
    assert faults(raw) == []
    for calendar in Calendar.from_ical(raw, multiple=True):
        assert [part.errors for part in calendar.walk() if getattr(part, "errors", None)] == []
    (read,) = vobject.readComponents(raw.decode(), validate=False)
    for entry in read.contents.get("vevent", []):
        entry.validate(raiseException=True)
    return read


@dataclass
class CalendarClient:
    """Somebody's calendar. `entries`: by UID what stands in it; `seen`: the SEQUENCE of each UID that was heard last."""

    entries: dict[str, Any] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    heard: list[tuple[str, int]] = field(default_factory=list)

    def receive(self, letter: Any) -> None:
        """Do what a mail tells this calendar, if anything."""
        for part in letter.walk():
            if part.get_content_type() == "text/calendar" and part.get_content_disposition() != "attachment":
                self.apply(str(part.get_param("method")), part.get_payload(decode=True))

    def apply(self, method: str, raw: bytes) -> None:
        calendar = strictly(raw)
        assert calendar.method.value == method
        (entry,) = calendar.vevent_list
        uid, sequence = entry.uid.value, int(entry.sequence.value)
        self.heard.append((method, sequence))
        if sequence <= self.seen.get(uid, -1):
            return  # old news
        self.seen[uid] = sequence
        if method == "CANCEL":
            assert entry.status.value == "CANCELLED"
            self.entries.pop(uid, None)
        elif method == "REQUEST":
            self.entries[uid] = entry

    @property
    def titles(self) -> list[str]:
        return sorted(entry.summary.value for entry in self.entries.values())


def answer(raw: bytes, state: str, **changes: str) -> str:
    """What this calendar answers to an invitation: a REPLY (RFC 5546, 3.2.3) with this PARTSTAT."""
    calendar = strictly(raw)
    (entry,) = calendar.vevent_list
    start = changes.get("start", entry.dtstart.value.strftime("%Y%m%dT%H%M%S"))
    zone = changes.get("zone", ";TZID=Europe/Zurich")
    lines = [
        "BEGIN:VCALENDAR", "PRODID:-//Elsewhere//A calendar//EN", "VERSION:2.0", f"METHOD:{changes.get('method', 'REPLY')}",
        "BEGIN:VEVENT", f"UID:{changes.get('uid', entry.uid.value)}", f"SEQUENCE:{changes.get('sequence', entry.sequence.value)}",
        "DTSTAMP:20260101T000000Z", f"DTSTART{zone}:{start}", f"ORGANIZER:{entry.organizer.value}",
        f"ATTENDEE;PARTSTAT={state}:{entry.attendee.value}", "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines)
