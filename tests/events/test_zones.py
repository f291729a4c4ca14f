"""VTIMEZONE against the zones of this machine, read by a library that knows nothing of ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from app.events.zones import vtimezone
from tests.calendar_client import faults

ZONES = [
    ("Europe/Zurich", 2026, 2026),
    ("Europe/Zurich", 2006, 2006),
    ("Europe/Zurich", 2024, 2030),
    ("America/New_York", 2026, 2026),
    ("America/New_York", 2006, 2008),  # the rule changed in 2007
    ("America/Sao_Paulo", 2018, 2019),  # summer time was given up
    ("America/Sao_Paulo", 2020, 2020),  # the year after
    ("Africa/Casablanca", 2026, 2026),  # moves with Ramadan
    ("Africa/Cairo", 2023, 2024),  # taken up again
    ("Australia/Lord_Howe", 2026, 2026),  # half an hour
    ("Asia/Kathmandu", 2026, 2026),  # never any
    ("Pacific/Apia", 2011, 2012),  # a day that never was
    ("Europe/Dublin", 2026, 2026),  # its winter time is the summer time of the others
    ("Etc/GMT-3", 2026, 2026),
]


def text_of(name: str, first: int, last: int) -> str:
    body = vtimezone(name, first, last).to_ical().decode()
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:PUBLISH\r\n{body}END:VCALENDAR\r\n"


@pytest.mark.parametrize(("name", "first", "last"), ZONES)
def test_every_hour_around_a_change_has_its_offset(name: str, first: int, last: int) -> None:
    text = text_of(name, first, last)
    assert faults(text.encode()) == []
    ours, theirs = tzical(StringIO(text)).get(), ZoneInfo(name)
    at, wrong = datetime(first, 1, 1, tzinfo=UTC), []
    while at < datetime(last + 1, 1, 1, tzinfo=UTC):
        local = at.astimezone(theirs)
        naive = local.replace(tzinfo=None)
        twice = {naive.replace(tzinfo=theirs, fold=fold).utcoffset() for fold in (0, 1)}
        if len(twice) == 1 and naive.replace(tzinfo=ours).utcoffset() != local.utcoffset():
            wrong.append(naive)
        changes = any(
            (at + timedelta(hours=hours)).astimezone(theirs).utcoffset() != local.utcoffset() for hours in (-6, 6)
        )
        at += timedelta(minutes=30) if changes else timedelta(hours=5)
    assert wrong == []


def test_a_zone_with_a_rule_is_told_by_rules() -> None:
    text = text_of("Europe/Zurich", 2026, 2026)
    assert text.count("BEGIN:DAYLIGHT") == text.count("BEGIN:STANDARD") == 1
    assert "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3" in text
    assert "DTSTART:20250330T020000" in text  # by the time before it: three would be an hour late
    assert "RDATE" not in text
