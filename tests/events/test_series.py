"""Series: made, filled, read, subscribed to, and forgotten."""

from __future__ import annotations

from typing import Any

from flask import Flask
from icalendar import Calendar
from sqlalchemy import func, select

from app.core.database import db
from app.core.transactions import atomic
from app.events import services
from app.events.models import Event, Series
from tests.cast import Cast
from tests.events.helpers import make_event, series_of


def test_series_are_managed_by_organisers(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event()
    number = series_of(event).id
    paths = ("/manage/series/", "/manage/series/new/", f"/manage/series/{number}/")
    actions = (*paths[1:], f"/manage/series/{number}/events", f"/manage/series/{number}/events/{event.id}/removal",
               f"/manage/series/{number}/removal")  # fmt: skip
    for who, expected in (("nobody", 303), ("stranger", 403), ("curator", 403), ("organiser", 200)):
        client = client_for(None if who == "nobody" else getattr(cast, who))
        assert {client.get(path).status_code for path in paths} == {expected}
        if expected != 200:
            assert {client.post(path).status_code for path in actions} == {expected}
    client = client_for(cast.organiser)
    for path in ("999/", "0/", "x/"):
        assert client.get(f"/manage/series/{path}").status_code == 404
    other = series_of(title="Another")
    assert client.post(f"/manage/series/{other.id}/events/{event.id}/removal").status_code == 404


def test_a_series_from_begun_to_forgotten(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(title="A talk at noon")
    client = client_for(cast.organiser)
    assert "No series yet" in client.get("/manage/series/").text
    answer = client.post("/manage/series/new/", data={"title": "Midday", "summary": "At noon."})
    series = db.session.scalars(select(Series)).one()
    assert (answer.location, series.slug) == (f"/manage/series/{series.id}/", "midday")
    assert "No event is in it yet" in client.get(answer.location).text
    client.post(f"{answer.location}events", data={"event_id": str(event.id)})
    assert "A talk at noon" in client.get(answer.location).text
    assert client.post(f"{answer.location}events", data={"event_id": "999"}).status_code == 422
    client.post(answer.location, data={"title": "Noon", "summary": ""})
    page = client_for().get("/events/series/midday/").text
    assert "<h1>Noon</h1>" in page
    assert "A talk at noon" in page
    assert 'href="/events/series/midday/"' in client_for().get(f"/events/{event.slug}/").text
    client.post(f"{answer.location}events/{event.id}/removal")
    assert client_for().get("/events/series/midday/").status_code == 404  # nothing in it is for a stranger
    client.post(f"{answer.location}removal")
    assert client.get(answer.location).status_code == 404
    assert db.session.scalar(select(func.count()).select_from(Event)) == 1
    for title in ("", "  ", "x" * 201):
        refused = client.post("/manage/series/new/", data={"title": title, "summary": "Typed"})
        assert refused.status_code == 422
        assert "Typed" in refused.text


def test_what_comes_and_what_was_and_what_nobody_sees(app: Flask, cast: Cast, client_for: Any) -> None:
    made = series_of(
        make_event(title="The next one"),
        make_event(title="The last one", days=-9, status="held"),
        make_event(title="A draft of one", status="draft"),
        make_event(title="For colleagues", audience="staff"),
    )
    path = f"/events/series/{made.slug}/"
    page = client_for().get(path).text
    assert page.index("What comes") < page.index("The next one") < page.index("What was") < page.index("The last one")
    assert "<strong>noon</strong>" in page
    assert "A draft of one" not in page
    assert "For colleagues" not in page
    assert "For colleagues" in client_for(cast.staff).get(path).text
    assert "A draft of one" not in client_for(cast.staff).get(path).text


def test_a_series_of_drafts_is_not_there(app: Flask, cast: Cast, client_for: Any) -> None:
    made = series_of(make_event(status="draft"), title="In the making")
    for path in ("", "calendar.ics"):
        assert client_for().get(f"/events/series/{made.slug}/{path}").status_code == 404
        assert client_for(cast.staff).get(f"/events/series/{made.slug}/{path}").status_code == 404
        assert client_for(cast.organiser).get(f"/events/series/{made.slug}/{path}").status_code == 200
    assert client_for().get("/events/series/nothing/").status_code == 404
    assert "In the making" not in client_for().get("/events/").text


def test_a_series_to_subscribe_to(app: Flask, client_for: Any) -> None:
    gone = make_event(title="Cancelled one")
    make_event(title="Of another kind")
    made = series_of(make_event(title="One"), gone, make_event(title="Draft", status="draft"))
    with atomic():
        services.set_status(gone.id, "cancelled")
    calendar = Calendar.from_ical(client_for().get(f"/events/series/{made.slug}/calendar.ics").data)
    assert str(calendar["X-WR-CALNAME"]) == "Midday questions"
    assert {str(entry["SUMMARY"]): str(entry["STATUS"]) for entry in calendar.walk("VEVENT")} == {
        "One": "CONFIRMED", "Cancelled one": "CANCELLED",
    }  # fmt: skip


def test_markup_of_a_series_is_harmless(app: Flask, client_for: Any) -> None:
    made = series_of(make_event(), title="<script>x</script>")
    with atomic():
        db.session.get_one(Series, made.id).summary = "<script>x</script> [a](javascript:x)"
    for path in (f"/events/series/{made.slug}/", "/events/"):
        page = client_for().get(path).text
        assert "<script>x" not in page
        assert 'href="javascript:' not in page
