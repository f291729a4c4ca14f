"""The door's pages, with and without scripts, and what a device asks: strangers first."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from flask import Flask
from sqlalchemy import select

from app.core.database import db
from app.core.transactions import atomic
from app.events import services
from app.events.models import Admission, Door, PoolKind, Registration, SeatPool
from app.events.tickets import short, ticket_text
from tests.cast import Cast
from tests.events.door_helpers import arrived, open_door, pool_of, scan, walk_in
from tests.events.helpers import make_event, seat

one_engine = pytest.mark.parametrize("engine", ["sqlite"])
JSON = {"Accept": "application/json"}
PAGES = ("door/", "doors/", "door-worker.js", "arrived.json", "badges.pdf", "attendance.pdf", "lists/door.csv")
POSTS = ("arrivals", "walk-ins", "doors", "doors/1/closure", "admissions", "lists", "admissions/1/reversal")


@one_engine
def test_only_helpers_and_organisers_stand_at_a_door(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    seat(event, "Ann")
    base = f"/manage/events/{event.id}/"
    for who, code in ((None, 303), (cast.stranger, 403), (cast.curator, 403), (cast.treasurer, 403)):
        client = client_for(who)
        for path in ("/manage/doors/", *(base + name for name in PAGES)):
            assert client.get(path).status_code == code, (who, path)
        for name in POSTS:
            assert client.post(base + name, data={"x": "1"}).status_code == code, (who, name)
    for who in (cast.helper, cast.organiser):
        client = client_for(who)
        for path in ("/manage/doors/", *(base + name for name in PAGES)):
            assert client.get(path).status_code == 200, path


@one_engine
def test_no_door_where_there_is_nothing_to_check(app: Flask, cast: Cast, client_for: Any) -> None:
    helper = client_for(cast.helper)
    for event in (make_event(), make_event(status="draft", capacity=9)):
        assert helper.get(f"/manage/events/{event.id}/door/").status_code == 404
        assert event.title not in helper.get("/manage/doors/").text


@one_engine
def test_another_event_s_rows_are_not_there(app: Flask, cast: Cast, client_for: Any) -> None:
    event, other = make_event(capacity=9), make_event(capacity=9)
    door = open_door(event)
    scan(event, seat(event, "Ann"))
    number = db.session.scalars(select(Admission.id)).one()
    helper = client_for(cast.helper)
    assert helper.post(f"/manage/events/{other.id}/doors/{door.id}/closure").status_code == 404
    assert helper.post(f"/manage/events/{other.id}/admissions/{number}/reversal").status_code == 404
    for name in ("admissions", "lists"):
        answer = helper.post(f"/manage/events/{other.id}/{name}", json={"door": door.token, "scans": []})
        assert (answer.status_code, answer.json) == (422, {"error": "door"})
    assert db.session.get_one(Door, door.id).closed_at is None


@one_engine
def test_every_part_of_an_event_that_is_named_is_there(app: Flask, cast: Cast, client_for: Any) -> None:
    organiser = client_for(cast.organiser)
    for event, doors in (
        (make_event(status="draft", capacity=9), False),
        (make_event(), False),
        (make_event(capacity=9), True),
    ):
        page = organiser.get(f"/manage/events/{event.id}/").text
        links = set(re.findall(rf'href="(/manage/events/{event.id}/[a-z]+/)"', page))
        assert (f"/manage/events/{event.id}/doors/" in links) is doors
        assert len(links) > 8
        for link in links:
            assert organiser.get(link).status_code == 200, link


@one_engine
def test_whoever_looks_for_a_name_sees_who_sits_online(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    with atomic():
        pool = SeatPool(event_id=event.id, kind=PoolKind.ONLINE, position=1, capacity=5, ceiling=5)
        db.session.add(pool)
        db.session.flush()
        number = pool.id
    bea = seat(event, "Bea", pool_id=number)
    helper, base = client_for(cast.helper), f"/manage/events/{event.id}/"
    page = helper.get(f"{base}door/?q=bea").text
    assert "Has a seat online</small>" in page and f'name="registration" value="{bea.id}"' not in page
    answer = helper.post(f"{base}arrivals", data={"code": ticket_text(bea), "people": "1"}, follow_redirects=True)
    assert "Bea has a seat online, and none in a room." in answer.text
    for words in (f'value="{number}"', "pool_id"):
        assert (words in page) is (words == "pool_id")


def test_without_scripts(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    family, other = seat(event, "Ann", 3), seat(make_event(capacity=9), "Dot")
    helper, base = client_for(cast.helper), f"/manage/events/{event.id}/"

    def sent(action: str, **data: Any) -> str:
        answer = helper.post(base + action, data=data)
        assert answer.status_code == 303
        return helper.get(answer.location).text

    assert "Welcome, Ann: 2 of 3 are in." in sent("arrivals", code=short(family), people="2", operation="one-form-only")
    assert "Welcome, Ann: 2 of 3 are in." in sent("arrivals", code=short(family), people="2", operation="one-form-only")
    assert "only 1 more" in sent("arrivals", code=ticket_text(family), people="2", operation="another-form")
    found = sent("arrivals", code="ann", people="1", operation="a-third-form")
    assert "2 of 3 are in" in found and f'name="registration" value="{family.id}"' in found
    assert "Welcome, Ann: 3 of 3" in sent(
        "arrivals", registration=str(family.id), people="1", operation="a-fourth-form"
    )
    again = sent("arrivals", code=short(family), people="1", operation="a-fifth-form")
    assert "everybody on this ticket is in already" in again and "Admitted at" in again
    assert "another event" in sent("arrivals", code=ticket_text(other), people="1", operation="a-sixth-form")
    assert "Welcome, Lu: 2 of 2" in sent("walk-ins", name="Lu", people="2", operation="a-walk-in-form")
    assert "no free seat" in sent("walk-ins", people="9", operation="a-large-walk-in")
    assert "Nobody of this name" in sent("arrivals", code="nobody at all", people="1", operation="a-last-form")
    assert arrived(family) == 3


@one_engine
def test_the_page_that_a_device_keeps_names_nobody(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    scan(event, seat(event, "Annemarie"))
    page = client_for(cast.helper).get(f"/manage/events/{event.id}/door/").text
    assert "Annemarie" not in page and "home.example" not in page
    worker = client_for(cast.helper).get(f"/manage/events/{event.id}/door-worker.js")
    assert "unsafe" not in worker.headers["Content-Security-Policy"] and worker.mimetype == "text/javascript"


def opened(client: Any, event: Any, **data: str) -> dict[str, Any]:
    """Open a door as a device does."""
    fields = {"name": "North", "pool_id": str(pool_of(event).id), "allotment": "0", "device": "y", **data}
    answer = client.post(f"/manage/events/{event.id}/doors", data=fields, headers=JSON)
    assert answer.status_code == 200, answer.text
    return answer.json


@one_engine
def test_a_device_opens_and_closes_a_door(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=5)
    helper = client_for(cast.helper)
    said = opened(helper, event, allotment="3")
    assert set(said) == {"door", "token", "name", "key"} and pool_of(event).held == 3
    for data, words in (
        ({"name": "North"}, "Another door"), ({"name": "South", "allotment": "3"}, "Only 2 seats"),
        ({"name": "South", "device": ""}, "no scripts"), ({"name": ""}, "name"), ({"name": "South", "pool_id": "999"}, ""),
    ):  # fmt: skip
        fields = {"name": "South", "pool_id": str(pool_of(event).id), "allotment": "0", "device": "y", **data}
        answer = helper.post(f"/manage/events/{event.id}/doors", data=fields, headers=JSON)
        assert answer.status_code == 422 and words in str(answer.json["errors"])
    assert helper.post(f"/manage/events/{event.id}/doors/{said['door']}/closure", json={}, headers=JSON).json == {
        "closed": True
    }
    assert pool_of(event).held == 0
    asked = helper.post(f"/manage/events/{event.id}/lists", json={"door": said["token"]})
    assert asked.json["closed"] is True and "text" not in asked.json
    assert "Not heard" not in helper.get(f"/manage/events/{event.id}/doors/").text


def test_a_list_is_sealed_and_only_sent_when_it_says_something_new(
    app: Flask, cast: Cast, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_event(capacity=9)
    family = seat(event, "Ann", 2)
    helper, path = client_for(cast.helper), f"/manage/events/{event.id}/lists"
    said = opened(helper, event)
    first = helper.post(path, json={"door": said["token"]}).json
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b64decode(said["key"]))
    seal = b64decode(first["seal"])
    halves = (int.from_bytes(seal[:32], "big"), int.from_bytes(seal[32:], "big"))
    key.verify(encode_dss_signature(*halves), first["text"].encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(
            encode_dss_signature(*halves), first["text"].replace("Ann", "Eve").encode(), ec.ECDSA(hashes.SHA256())
        )
    assert json.loads(first["text"])["tickets"][0][2:6] == ["Ann", 2, 0, "in"]
    known = {"door": said["token"], "held": first["made"], "listed": first["made"], "digest": first["digest"]}
    second = helper.post(path, json=known).json
    assert second["only_news"] is True and json.loads(second["text"])["news"] == [] and second["made"] > first["made"]
    assert db.session.get_one(Door, said["door"]).heard_at.isoformat() == first["made"]
    scan(event, family)
    walk_in(event, people=2)
    third = helper.post(path, json=known | {"held": second["made"]}).json
    news = json.loads(third["text"])
    assert news["news"][0][:2] == [family.id, 1] and news["walked"] == 2 and not re.search(r"\bAnn\b", third["text"])
    assert third["counts"]["arrived"] == 3
    monkeypatch.setattr("app.events.door_queries.MOST_NEWS", 0)
    assert "tickets" in helper.post(path, json=known).json["text"]
    monkeypatch.undo()
    seat(event, "Bea")
    fourth = helper.post(path, json=known | {"held": second["made"]}).json
    assert fourth["only_news"] is False and len(json.loads(fourth["text"])["tickets"]) == 2
    for odd in ("9999-01-01T00:00:00+00:00", "yesterday", 7, None, "1990-01-01T00:00:00+00:00", "2026-01-01T00:00:00"):
        assert helper.post(path, json=known | {"held": odd}).status_code == 200
        db.session.rollback()
    assert db.session.get_one(Door, said["door"]).heard_at.isoformat() == second["made"]


def test_a_batch_is_answered_scan_by_scan(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=20)
    family, single = seat(event, "Ann", 3), seat(event, "Bea")
    helper, path = client_for(cast.helper), f"/manage/events/{event.id}/admissions"
    said = opened(helper, event, allotment="4")
    scans = [
        {"id": "scan-number-1", "kind": "ticket", "code": ticket_text(family), "people": 2, "offline": True, "let_in": True},
        {"id": "scan-number-2", "kind": "ticket", "registration": single.id, "people": 1, "at": 1},
        {"id": "scan-number-3", "kind": "walk_in", "people": 3, "offline": True, "let_in": True, "name": "Lu\u202e\ud800"},
        {"id": "scan-number-4", "kind": "undo", "of": "scan-number-2"},
        {"id": "scan-number-1", "kind": "ticket", "code": ticket_text(family), "people": 2, "offline": True, "let_in": True},
        {"id": "scan-number-5", "kind": "walk_in", "people": 1},
    ]  # fmt: skip
    for _sent in range(2):
        answer = helper.post(path, json={"door": said["token"], "scans": scans})
        assert [told["word"] for told in answer.json["answers"]] == [
            "admitted", "admitted" if not _sent else "undone", "admitted", "undone", "admitted", "admitted",
        ]  # fmt: skip
        assert [told["id"] for told in answer.json["answers"]] == [one["id"] for one in scans]
    assert answer.json["counts"]["arrived"] == 6
    assert (arrived(family), arrived(single)) == (2, 0)
    names = db.session.scalars(select(Registration.name).where(Registration.source == "walk_in")).all()
    assert sorted(names) == ["Lu", "Walk-in"]
    door = db.session.get_one(Door, said["door"])
    assert (door.used, pool_of(event).held) == (3, 1)


ODD_SCANS: tuple[Any, ...] = (
    None, 7, "x", [], {}, {"id": "scan-number-1"}, {"id": "short", "kind": "ticket"}, {"id": "scan-number-1", "kind": "dance"},
    {"id": "scan-number-1", "kind": ["ticket"]}, {"id": "a" * 65, "kind": "ticket"}, {"id": "scan number 1", "kind": "ticket"},
    {"id": "scan-number-1", "kind": "ticket", "people": 0}, {"id": "scan-number-1", "kind": "ticket", "people": True},
    {"id": "scan-number-1", "kind": "ticket", "people": 10**30}, {"id": "scan-number-1", "kind": "ticket", "people": "1"},
    {"id": "scan-number-1", "kind": "ticket", "registration": 2**31}, {"id": "scan-number-1", "kind": "ticket", "code": {}},
    {"id": "scan-number-1", "kind": "ticket", "let_in": "yes"}, {"id": "scan-number-1", "kind": "undo"},
    {"id": "scan-number-1", "kind": "undo", "of": "x"}, {"id": "scan\x00number", "kind": "ticket"},
)  # fmt: skip


def test_what_no_device_sends_is_refused_and_written_nowhere(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=20)
    helper, path = client_for(cast.helper), f"/manage/events/{event.id}/admissions"
    token = opened(helper, event)["token"]
    answer = helper.post(path, json={"door": token, "scans": list(ODD_SCANS)})
    assert answer.status_code == 200
    assert {told["word"] for told in answer.json["answers"]} == {"unreadable"}
    for body in (None, [], {}, {"door": token}, {"door": token, "scans": {}}, {"door": token, "scans": [{}] * 101},
                 {"door": 7, "scans": []}, {"door": "\ud800", "scans": []}, {"door": "x" * 9999, "scans": []}):  # fmt: skip
        for name in ("admissions", "lists"):
            if not (name == "lists" and isinstance(body, dict) and body.get("door") == token):
                assert helper.post(f"/manage/events/{event.id}/{name}", json=body).status_code == 422, (name, body)
    odd = {"id": "scan-number-9", "kind": "ticket", "code": "\ud800\x00" + "9" * 5000, "at": 10**40, "name": "x" * 5000}
    assert helper.post(path, json={"door": token, "scans": [odd]}).json["answers"][0]["reason"] == "unknown"
    assert helper.post(path, data="{", content_type="application/json").status_code == 422
    assert len(db.session.scalars(select(Admission)).all()) == 1


@one_engine
def test_paper_for_the_door(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(title="Voices", capacity=40)
    assert client_for(cast.helper).get(f"/manage/events/{event.id}/badges.pdf").status_code == 303
    seat(event, "=Ann", 14, by_organiser=True, needs="A ramp, quietly", diet="No nuts")
    gone = seat(event, "Gone")
    with atomic():
        services.withdraw(gone.id)
    helper, base = client_for(cast.helper), f"/manage/events/{event.id}/"
    sheet = helper.get(f"{base}lists/door.csv").text
    assert "'=Ann" in sheet and "14" in sheet
    for secret in ("ramp", "nuts", "home.example", "Gone"):
        assert secret not in sheet
    for name in ("badges.pdf", "badges.pdf?codes=1", "attendance.pdf"):
        answer = helper.get(base + name)
        assert answer.mimetype == "application/pdf" and b"pdfuaid:part" in answer.data, name
        assert re.search(rb"Voices", answer.data)


@one_engine
def test_all_doors_show_what_has_to_be_looked_at(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    ann = seat(event, "Ann")
    north, south = open_door(event), open_door(event, "South", allotment=2)
    for door in (north, south):
        scan(event, ann, door, let_in=True, offline=True)
    helper, base = client_for(cast.helper), f"/manage/events/{event.id}/"
    page = helper.get(f"{base}doors/").text
    assert "Look at these" in page and "walk-ins: 0 of 2" in page
    assert helper.get(f"{base}arrived.json").json["counts"] == {
        "arrived": 1, "expected": 1, "doors": {str(north.id): 1}, "conflicts": 1,
    }  # fmt: skip
    number = db.session.scalars(select(Admission.id).where(Admission.conflict)).one()
    for _twice in range(2):
        assert helper.post(f"{base}admissions/{number}/reversal").status_code == 303
    assert "Look at these" not in helper.get(f"{base}doors/").text and arrived(ann) == 1
