"""What search engines are told of an event (JSON-LD), and who gets the link to join."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import calendars, changes, inviting, programme, services
from app.events.models import Event, PoolKind, Registration, SeatPool
from app.partners.services import create_partner
from tests.cast import Cast
from tests.events.helpers import attached, mails, make_event, seat

LINK = "https://meet.example/the-secret-room"
SCRIPT = re.compile(r'<script type="application/ld\+json" nonce="([^"]+)">(.*?)</script>', re.DOTALL)


def data(client: Any, event: Event) -> dict[str, Any]:
    """What the page of an event tells machines."""
    answer = client.get(f"/events/{event.slug}/")
    ((nonce, text),) = SCRIPT.findall(answer.text)
    assert f"'nonce-{nonce}'" in answer.headers["Content-Security-Policy"]
    found = json.loads(text)
    assert (found["@context"], found["@type"]) == ("https://schema.org", "Event")
    return dict(found)


def online(event: Event, capacity: int = 5) -> int:
    """Places online beside the room; returns the pool's id."""
    with atomic():
        pool = SeatPool(
            event_id=event.id, kind=PoolKind.ONLINE, name="Online", position=1, capacity=capacity, ceiling=capacity
        )
        db.session.add(pool)
        db.session.flush()
        return pool.id


def test_a_planned_event(app: Flask, client_for: Any) -> None:
    with atomic():
        partner = create_partner(name="The choir", kind="ngo", website="https://choir.example/")
    event = make_event(capacity=2, partner_ids=[partner.id])
    with atomic():
        programme.save_speaker(event.id, actor_id=None, name="Amina", email="amina@x.example")
        programme.save_session(event.id, actor_id=None, title="One", starts_at=event.starts_at, ends_at=event.ends_at)
    found = data(client_for(), event)
    assert found["name"] == event.title
    assert datetime.fromisoformat(found["startDate"]) == event.starts_at.replace(second=0)
    assert datetime.fromisoformat(found["endDate"]) > datetime.fromisoformat(found["startDate"])
    assert found["eventStatus"] == "https://schema.org/EventScheduled"
    assert found["eventAttendanceMode"] == "https://schema.org/OfflineEventAttendanceMode"
    assert found["location"] == {"@type": "Place", "name": "Room A", "address": "Room A"}
    assert [one["name"] for one in found["organizer"]] == ["Kermesse", "The choir"]
    assert found["performer"] == [{"@type": "Person", "name": "Amina"}]
    assert found["subEvent"][0]["name"] == "One"
    assert found["url"] == f"http://localhost/events/{event.slug}/"
    (offer,) = found["offers"]
    assert (offer["price"], offer["availability"]) == ("0", "https://schema.org/InStock")
    assert "previousStartDate" not in found
    seat(event, "Ann", 2)
    assert data(client_for(), event)["offers"][0]["availability"] == "https://schema.org/SoldOut"


def test_the_state_is_the_true_one(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=2)
    was, later = event.starts_at, event.starts_at + timedelta(days=3)
    facts = {"actor_id": None, "capacity": 2, "largest_party": 5, "partner_ids": []}
    with atomic():
        services.update_event(event.id, starts_at=later, ends_at=later + timedelta(hours=1), **facts)
    found = data(client_for(), event)
    assert found["eventStatus"].endswith("/EventRescheduled")
    assert datetime.fromisoformat(found["previousStartDate"]) == was.replace(second=0)
    with atomic():
        services.set_status(event.id, "postponed")
    found = data(client_for(), event)
    assert found["eventStatus"].endswith("/EventPostponed")
    assert datetime.fromisoformat(found["startDate"]) == later.replace(second=0)
    assert "offers" not in found
    with atomic():
        services.update_event(event.id, starts_at=was, ends_at=was + timedelta(hours=1), **facts)
    found = data(client_for(), event)  # no date before it is said that it takes place
    assert datetime.fromisoformat(found["startDate"]) == later.replace(second=0)
    with atomic():
        services.set_status(event.id, "cancelled")
    found = data(client_for(), event)
    assert found["eventStatus"].endswith("/EventCancelled")
    assert "offers" not in found


@pytest.mark.parametrize(
    ("audience", "status"),
    [("public", "draft"), ("staff", "published"), ("invited", "published"), ("listed", "published")],
)
def test_machines_are_told_nothing_of_what_is_not_public(
    app: Flask, cast: Cast, client_for: Any, audience: str, status: str
) -> None:
    event = make_event(audience=audience, status=status, capacity=2)
    answer = client_for(cast.organiser).get(f"/events/{event.slug}/")
    assert answer.status_code == 200
    assert "ld+json" not in answer.text
    assert "noindex" in answer.text


NASTY = "</script><script>alert(1)</script><!--<script>& \u2028 'q' \"d\" é"


def test_no_text_ends_the_script(app: Flask, client_for: Any) -> None:
    event = make_event(title=NASTY, summary=NASTY, place=NASTY, capacity=2)
    with atomic():
        programme.save_speaker(event.id, actor_id=None, name=NASTY)
        programme.save_session(event.id, actor_id=None, title=NASTY, starts_at=event.starts_at, ends_at=event.ends_at)
    page = client_for().get(f"/events/{event.slug}/").text
    assert "<script>alert" not in page
    ((_nonce, text),) = SCRIPT.findall(page)
    assert not set(text) & set("<>&\u2028")
    found = json.loads(text)
    assert found["name"] == found["location"]["name"] == found["performer"][0]["name"] == NASTY


@pytest.mark.parametrize(
    ("place", "link", "pools", "mode", "kinds"),
    [
        ("Room A", "", (), "Offline", ["Place"]),
        ("Room A", LINK, (), "Mixed", ["Place", "VirtualLocation"]),
        ("", LINK, (), "Online", ["VirtualLocation"]),
        ("Room A", "", ("room",), "Offline", ["Place"]),
        ("Room A", LINK, ("room",), "Mixed", ["Place", "VirtualLocation"]),
        ("", LINK, ("room",), "Online", ["VirtualLocation"]),
        ("Room A", LINK, ("room", "online"), "Mixed", ["Place", "VirtualLocation"]),
        ("Room A", LINK, ("online",), "Online", ["VirtualLocation"]),
        ("Room A", "", ("room", "room"), "Offline", ["Place"]),
    ],
)
def test_how_one_takes_part(
    app: Flask, client_for: Any, place: str, link: str, pools: tuple[str, ...], mode: str, kinds: list[str]
) -> None:
    event = make_event(place=place, online_url=link)
    with atomic():
        for number, kind in enumerate(pools):
            db.session.add(SeatPool(event_id=event.id, kind=PoolKind(kind), position=number, capacity=3, ceiling=3))
    found = data(client_for(), event)
    places = found["location"] if isinstance(found["location"], list) else [found["location"]]
    assert found["eventAttendanceMode"] == f"https://schema.org/{mode}EventAttendanceMode"
    assert [one["@type"] for one in places] == kinds
    assert LINK not in json.dumps(found)
    assert len(found.get("offers", [])) == len(pools)


# The link to join


def everywhere_public(client: Any, event: Event) -> str:
    """All that a stranger can read about an event."""
    paths = ("/events/", f"/events/{event.slug}/", f"/events/{event.slug}/event.ics", "/events/calendar.ics", "/")
    return "".join(client.get(path).text.replace("\r\n ", "") for path in paths)


def own(client: Any, registration: Registration) -> str:
    """All that the holder of a registration can read about it: its page, its calendar file and its last mail."""
    found: str = client.get(f"/registrations/{registration.token}/").text
    entry = client.get(f"/registrations/{registration.token}/event.ics")
    found += entry.text.replace("\r\n ", "") if entry.status_code == 200 else ""
    mail = mails(to=registration.email)[-1]
    return found + mail.html + mail.text + mail.files.replace("\\r\\n ", "")


def test_only_who_holds_a_seat_gets_the_link(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=1, online_url=LINK)
    ann, bea = seat(event, "Ann"), seat(event, "Bea")
    client = client_for()
    assert LINK not in everywhere_public(client, event)
    assert own(client, ann).count(LINK) >= 4
    assert LINK not in own(client, bea)
    client.post(f"/registrations/{ann.token}/withdrawal")
    assert LINK not in own(client, ann)
    assert LINK in own(client, bea)  # the queue moved
    with atomic():
        services.set_status(event.id, "cancelled")
    assert LINK not in own(client, bea)


def test_with_places_online_the_link_is_for_them(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=3, online_url=LINK)
    pool_id = online(event)
    ann, bea = seat(event, "Ann"), seat(event, "Bea", pool_id=pool_id)
    client = client_for()
    assert LINK not in everywhere_public(client, event)
    assert "comes with a seat online" in client.get(f"/events/{event.slug}/").text
    assert LINK not in own(client, ann)
    assert LINK in own(client, bea)
    assert attached(mails(to=bea.email)[-1])[0] == "REQUEST"


def test_an_invitation_gives_the_link_to_whoever_sits_online_alone(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=3, online_url=LINK)
    places = online(event)
    with atomic():
        (invited,) = inviting.invite(event.id, [inviting.Wanted("ann@home.example", "Ann", 1)])
        taken = inviting.accept(invited.id, name="Ann", party=1)
    page = f"/invitations/{invited.token}/"
    assert "You have accepted" in client_for().get(page).text
    assert LINK not in client_for().get(page).text
    with atomic():
        changes.change_pool(taken.id, places)
    assert LINK in client_for().get(page).text


def test_two_rooms_and_one_link(app: Flask, client_for: Any) -> None:
    """Nobody was given places online apart: then the link is for everybody who has a seat."""
    event = make_event(capacity=3, online_url=LINK)
    with atomic():
        db.session.add(SeatPool(event_id=event.id, kind=PoolKind.ROOM, position=1, capacity=3, ceiling=3))
    assert LINK in own(client_for(), seat(event, "Ann"))
    assert LINK not in everywhere_public(client_for(), event)


def test_without_registration_the_link_is_for_all(app: Flask, client_for: Any) -> None:
    event = make_event(online_url=LINK)
    assert LINK in client_for().get(f"/events/{event.slug}/").text
    assert LINK in client_for().get("/events/calendar.ics").text.replace("\r\n ", "")
    with atomic():
        services.set_status(event.id, "cancelled")
    assert LINK not in client_for().get(f"/events/{event.slug}/").text


def test_the_calendar_of_who_waits_has_no_link(app: Flask) -> None:
    event = make_event(capacity=1, online_url=LINK)
    seat(event, "Ann")
    waiting = seat(event, "Bea")
    with travel(now() + timedelta(minutes=1)):
        assert LINK not in calendars.own_entry(event, waiting).decode().replace("\r\n ", "")
