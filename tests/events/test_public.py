"""The list, the page and the calendars."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from icalendar import Calendar

from app.core.clock import now
from app.core.transactions import atomic
from app.events import queries, services
from tests.cast import Cast
from tests.events.helpers import make_event


def test_an_empty_list_says_what_to_do(app: Flask, client_for: Any) -> None:
    page = client_for().get("/events/").text
    assert "Nothing is planned just now" in page
    assert "/events/calendar.ics" in page
    assert "Nothing ahead fits" in client_for().get("/events/?q=zzz").text


def test_upcoming_by_month_then_past(app: Flask, client_for: Any) -> None:
    make_event(title="Far away", days=70)
    make_event(title="Quite soon", days=3)
    make_event(title="Long ago", days=-40, status="held")
    make_event(title="Just over", days=-2)
    page = client_for().get("/events/").text
    places = [page.index(title) for title in ("Quite soon", "Far away", "Just over", "Long ago")]
    assert places == sorted(places)
    assert page.index("What comes") < page.index("Quite soon") < page.index("What was") < page.index("Just over")


def test_filters_by_kind_text_and_campaign(app: Flask, client_for: Any) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC).date()
    with atomic():
        campaign = services.create_campaign(title="Day", starts_on=start, ends_on=start, published=True)
    make_event(title="In the campaign", campaign_id=campaign.id)
    make_event(title="An exhibition", kind="exhibition")
    make_event(title="100% cotton_bags")
    get = client_for().get
    for query, found in (
        ("campaign=day", "In the campaign"),
        ("kind=exhibition", "An exhibition"),
        ("q=100%25", "100% cotton_bags"),
        ("q=cotton_b", "100% cotton_bags"),
        ("q=EXHIB&kind=exhibition", "An exhibition"),
    ):
        page = get(f"/events/?{query}").text
        shown = {title for title in ("In the campaign", "An exhibition", "100% cotton_bags") if title in page}
        assert shown == {found}, query
    assert [event.title for event in queries.of_campaign(campaign.id, viewer=_nobody())] == ["In the campaign"]


def _nobody() -> Any:
    from flask_login import AnonymousUserMixin

    return AnonymousUserMixin()


@pytest.mark.parametrize(
    "query", ["q=%00", "page=-1", "page=x", "kind=%22%3E", "campaign=" + "x" * 5000, "q=" + "x" * 5000, "q=%F0%28"]
)
def test_strange_queries_are_no_fault(app: Flask, client_for: Any, query: str) -> None:
    assert client_for().get(f"/events/?{query}").status_code in (200, 400)


def test_the_time_is_shown_in_the_events_zone(app: Flask, client_for: Any) -> None:
    year = now().year + 1
    start = datetime(year, 7, 1, 23, 30, tzinfo=ZoneInfo("America/New_York"))
    with atomic():
        event = services.create_event(
            title="Over there",
            kind="talk",
            starts_at=start,
            ends_at=start.replace(hour=23, minute=59),
            timezone="America/New_York",
        )
    with atomic():
        services.set_status(event.id, "published")
    page = client_for().get(f"/events/{event.slug}/").text
    assert f"{start:%A} 1 July {year}, 23:30 – 23:59" in page
    assert "New York time" in page
    assert f"July {year}" in client_for().get("/events/").text


def test_markup_in_texts_is_harmless(app: Flask, client_for: Any) -> None:
    event = make_event(
        title="<script>x</script>",
        body="<script>x</script> [a](javascript:x) **bold**",
        materials="![i](http://evil.example/i.png) [slides](https://x.example/)",
        place="{{ 7*7 }}<u>",
        summary="<img src=x onerror=x>",
    )
    for path in ("/events/", f"/events/{event.slug}/"):
        page = client_for().get(path).text
        for fault in ("<script>x", 'href="javascript:', "<img", "<u>", "49&lt;"):
            assert fault not in page
    assert "<strong>bold</strong>" in page
    assert 'href="https://x.example/"' in page


def test_the_calendar_can_be_read_and_keeps_its_identity(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(title="Talk; with, signs\\ and “quotes”", place="Room A, Geneva", summary="Line one\nLine two")
    gone = make_event(title="Gone", status="cancelled")
    answer = client_for().get("/events/calendar.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.data)
    assert str(calendar["METHOD"]) == "PUBLISH"
    entries = {str(entry["UID"]): entry for entry in calendar.walk("VEVENT")}
    entry = entries[f"event-{event.id}@localhost"]
    assert str(entry["SUMMARY"]) == event.title
    assert str(entry["LOCATION"]) == event.place
    assert str(entry["STATUS"]) == "CONFIRMED"
    assert entry["DTSTART"].dt == event.starts_at
    assert str(entry["DTSTART"].dt.tzinfo) == "Europe/Zurich"
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Zurich"]
    assert str(entries[f"event-{gone.id}@localhost"]["STATUS"]) == "CANCELLED"
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    single = Calendar.from_ical(client_for().get(f"/events/{event.slug}/event.ics").data)
    assert str(single.walk("VEVENT")[0]["UID"]) == f"event-{event.id}@localhost"


def test_the_sequence_grows_with_each_change_that_calendars_show(app: Flask) -> None:
    event = make_event(capacity=3)
    seen = [event.seen_version]
    facts = {"actor_id": None, "capacity": 3, "largest_party": 5, "partner_ids": []}
    for change in ({"place": "Room B"}, {"body": "Text"}, {"title": "New"}, {}):
        with atomic():
            services.update_event(event.id, **facts, **change)
        seen.append(event.seen_version)
    with atomic():
        services.set_status(event.id, "postponed")
    seen.append(event.seen_version)
    assert seen == [0, 1, 1, 2, 2, 3]
