"""The public list with its filters, and the calendars that one subscribes to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar

from app.core.clock import now, travel
from app.core.transactions import atomic
from app.events import programme, services
from app.events.models import Event
from tests.cast import Cast
from tests.events.helpers import make_event, seat, series_of, statements

TITLES = ("In a week", "In a month", "Far away", "Full house", "Gone off", "Put off", "Long ago")


def season() -> dict[str, Event]:
    """Events of all sorts, by their titles."""
    made = {
        "In a week": make_event(title="In a week", days=3, capacity=4, kind="workshop", place="Art room"),
        "In a month": make_event(title="In a month", days=20),
        "Far away": make_event(title="Far away", days=90, capacity=2, summary="Educación", place="L’École"),
        "Full house": make_event(title="Full house", days=21, capacity=1),
        "Gone off": make_event(title="Gone off", days=4, status="cancelled"),
        "Put off": make_event(title="Put off", days=5, status="postponed"),
        "Long ago": make_event(title="Long ago", days=-40, status="held", kind="exhibition"),
    }
    seat(made["Full house"], "Ann")
    return made


def shown(client: Any, query: str) -> list[str]:
    """What the list shows, in its order."""
    page = client.get(f"/events/?{query}").text
    found = [title for title in TITLES if f">{title}</a>" in page]
    return sorted(found, key=lambda title: page.index(f">{title}</a>"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["In a week", "Gone off", "Put off", "In a month", "Full house", "Far away", "Long ago"]),
        ("when=week", ["In a week", "Gone off", "Put off"]),
        ("when=month", ["In a week", "Gone off", "Put off", "In a month", "Full house"]),
        ("when=past", ["Long ago"]),
        ("free=1", ["In a week", "In a month", "Far away"]),
        ("free=1&when=week&kind=workshop", ["In a week"]),
        ("kind=exhibition", ["Long ago"]),
        ("q=ART+room", ["In a week"]),
        ("q=week+room", ["In a week"]),
        ("q=week+hall", []),
        ("q=dahl", ["In a month"]),
        ("q=AMINA+dahl", ["In a month"]),
        ("q=elodie", ["In a month"]),
        ("q=solidarite", ["In a month"]),
        ("q=educacion+ECOLE", ["Far away"]),
        ("q=bergen+month", ["In a month"]),
        ("q=amina@x.example", []),
        ("series=midday-questions", ["Far away"]),
        ("series=nothing", []),
        ("when=nonsense&kind=nonsense&free=yes", ["In a week", "Gone off", "Put off", "In a month", "Full house", "Far away", "Long ago"]),
    ],
)  # fmt: skip
def test_the_filters_of_the_list(app: Flask, client_for: Any, query: str, expected: list[str]) -> None:
    made = season()
    series_of(made["Far away"])
    with atomic():
        programme.save_speaker(
            made["In a month"].id,
            actor_id=None,
            name="Amina Dahl, Élodie",
            affiliation="Bergen",
            email="amina@x.example",
        )
        programme.save_session(
            made["In a month"].id, actor_id=None, title="Solidarité", starts_at=made["In a month"].starts_at,
            ends_at=made["In a month"].ends_at,
        )  # fmt: skip
    assert shown(client_for(), query) == expected


def test_filters_are_kept_from_one_to_the_next(app: Flask, client_for: Any) -> None:
    season()
    page = client_for().get("/events/?q=a&when=month&kind=workshop").text
    assert "q=a&amp;when=week&amp;kind=workshop" in page.replace(
        "kind=workshop&amp;when=week", "when=week&amp;kind=workshop"
    )
    assert 'name="kind" value="workshop"' in page
    assert "1 event" in page
    assert "/events/calendar.ics?q=a&amp;kind=workshop" in page


def test_empty_results_say_what_to_do(app: Flask, client_for: Any) -> None:
    season()
    client = client_for()
    ahead = client.get("/events/?q=zebra&kind=talk").text
    assert "Nothing ahead fits that" in ahead
    assert 'href="/events/?q=zebra&amp;kind=talk&amp;when=past"' in ahead
    past = client.get("/events/?q=zebra&when=past").text
    assert "Nothing that was fits that" in past
    assert 'href="/events/?when=past"' in past


def test_a_long_season_is_paged(app: Flask, client_for: Any) -> None:
    for number in range(33):
        make_event(title=f"Talk {number:02}", days=3 + number)
    client = client_for()
    first, second = client.get("/events/").text, client.get("/events/?page=2").text
    assert "Page 1 of 2" in first
    assert ">Talk 29</a>" in first and ">Talk 30</a>" not in first
    assert ">Talk 30</a>" in second and ">Talk 29</a>" not in second


def test_what_the_list_asks_does_not_grow(app: Flask, client_for: Any) -> None:
    client = client_for()
    path = "/events/?q=talk&free=1&when=month"
    made = make_event(title="Talk 0", capacity=3)
    few = len(statements(client, path))
    for number in range(1, 12):
        make_event(title=f"Talk {number}", capacity=3, series_id=series_of(made).id)
    assert len(statements(client, path)) <= few + 1  # series are among the filters now
    assert few <= 8


# To subscribe


def entries(client: Any, query: str = "") -> dict[str, Any]:
    """What a calendar client reads, by the titles."""
    answer = client.get(f"/events/calendar.ics{query}")
    assert answer.content_type == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.data)
    assert calendar["VERSION"] == "2.0" and calendar["PRODID"] and calendar["METHOD"] == "PUBLISH"
    found = calendar.walk("VEVENT")
    assert all(not entry.errors and entry["UID"] and entry["DTSTAMP"] for entry in found)
    assert len({str(entry["UID"]) for entry in found}) == len(found)
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    assert b"\n" not in answer.data.replace(b"\r\n", b"")
    return {str(entry["SUMMARY"]): entry for entry in found}


def test_the_feed_has_the_same_filters_and_keeps_what_was_cancelled(app: Flask, client_for: Any) -> None:
    season()
    client = client_for()
    found = entries(client)
    assert set(found) == {*TITLES, "Postponed: Put off"} - {"Put off"}
    assert str(found["Gone off"]["STATUS"]) == "CANCELLED"
    assert str(found["Postponed: Put off"]["STATUS"]) == "TENTATIVE"
    assert str(found["Long ago"]["STATUS"]) == "CONFIRMED"
    assert set(entries(client, "?kind=workshop")) == {"In a week"}
    assert set(entries(client, "?q=art")) == {"In a week"}
    assert set(entries(client, "?free=1")) == {"In a week", "In a month", "Far away", "Gone off"}
    assert entries(client, "?kind=breakfast") == {}


def test_a_client_that_has_it_already_gets_nothing(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=2)
    client = client_for()
    answer = client.get("/events/calendar.ics")
    etag, since = answer.headers["ETag"], answer.headers["Last-Modified"]
    assert {"Cookie", "Accept-Language"} <= {name.strip() for name in answer.headers["Vary"].split(",")}

    def again(**headers: str) -> int:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        found = client.get("/events/calendar.ics", headers=names)
        assert found.status_code == 200 or found.data == b""
        return int(found.status_code)

    assert again(If_None_Match=etag) == 304
    assert again(If_Modified_Since=since) == 304
    assert client.get("/events/calendar.ics?kind=talk", headers={"If-None-Match": '"other"'}).status_code == 200
    assert "Last-Modified" not in client.get("/events/calendar.ics?free=1").headers  # a seat changes no event
    seat(event, "Ann")
    assert again(If_None_Match=etag) == 304  # a seat taken changes no calendar
    facts = {"actor_id": None, "capacity": 2, "largest_party": 5, "partner_ids": []}
    with travel(now() + timedelta(seconds=2)), atomic():
        services.update_event(event.id, place="Room B", **facts)
    assert again(If_None_Match=etag) == 200
    assert again(If_Modified_Since=since) == 200
    etag = client.get("/events/calendar.ics").headers["ETag"]
    with travel(now() + timedelta(seconds=4)), atomic():
        services.set_status(event.id, "cancelled")
    assert again(If_None_Match=etag) == 200


def test_who_is_signed_in_gets_their_own(app: Flask, cast: Cast, client_for: Any) -> None:
    make_event(title="For all")
    make_event(title="For staff", audience="staff")
    theirs = client_for(cast.staff).get("/events/calendar.ics")
    assert theirs.headers["Cache-Control"] == "no-store"
    assert "Last-Modified" not in theirs.headers
    assert set(entries(client_for(cast.staff))) == {"For all", "For staff"}
    assert set(entries(client_for())) == {"For all"}
    stolen = client_for().get("/events/calendar.ics", headers={"If-None-Match": theirs.headers["ETag"]})
    assert stolen.status_code == 200
