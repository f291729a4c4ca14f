"""S7: one ticket shown at 64 places at once is admitted once. Over real HTTP, on both engines, with and without the locks."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.events.models import Event, Registration
from app.events.tickets import ticket_text
from tests.cast import Cast
from tests.conftest import WORKER
from tests.events.door_helpers import arrived, door_faults, heard, open_door
from tests.events.helpers import make_event, seat
from tests.races.guests import PATIENCE_S, Guest, together
from tests.serving import Server, served

HANDS = 64
Serve = Callable[..., AbstractContextManager[Server]]


@pytest.fixture
def serve(engine: str, tmp_path: Path) -> Serve:
    """Two web processes on PostgreSQL, one on SQLite, as in `make run`. No worker."""

    def make(**options: Any) -> AbstractContextManager[Server]:
        workers = 2 if engine == "postgresql" else 1
        return served(engine, tmp_path, name=f"door_{WORKER}", workers=workers, worker=False, **options)

    return make


@pytest.fixture
def unlocked(serve: Serve) -> Iterator[Server]:
    with serve(entry="tests.races.unlocked:app") as server:
        yield server


class Device(Guest):
    """A door's device: it speaks JSON, and its form token goes in a header."""

    def send(self, path: str, body: object) -> tuple[int, Any]:
        """Post some JSON; the status and what was answered, or None for no JSON."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers |= {"Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": self.token}
        line = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=PATIENCE_S)
        line.request("POST", path, json.dumps(body), headers)
        answer = line.getresponse()
        text = answer.read()
        line.close()
        return answer.status, json.loads(text) if answer.headers.get_content_type() == "application/json" else None


def show_everywhere(server: Server, event: Event, family: Registration, hands: int, people: int = 1) -> list[str]:
    """Every hand holds the same ticket before a device of its own, at four doors, and all scan at once."""
    doors = [open_door(event, name) for name in ("North", "South", "East", "West")]
    helper, text, path = Cast.assemble().helper, ticket_text(family), f"/manage/events/{event.id}/"
    first = Device.signed_in(server, helper)
    assert first.get(f"{path}door/")[0] == 200
    first.hang_up()
    devices: list[Guest] = [Device(server, first.cookies, first.token) for _hand in range(hands)]
    tokens = [door.token for door in doors]
    heard(*doors)

    def scan(number: int, device: Guest) -> str:
        one = {"id": f"scan-of-hand-{number:03}", "kind": "ticket", "code": text, "people": people}
        assert isinstance(device, Device)
        status, body = device.send(f"{path}admissions", {"door": tokens[number % 4], "scans": [one]})
        return str(body["answers"][0]["word"]) if status == 200 else f"answered {status}"

    return together(devices, scan)


def test_one_ticket_at_64_places_is_admitted_once(serve: Serve) -> None:
    with serve() as server:
        event = make_event(capacity=9)
        single, family = seat(event, "Ann"), seat(event, "Bea", 3)
        answers = show_everywhere(server, event, single, HANDS)
        assert sorted(answers, key=str) == ["admitted"] + ["again"] * (HANDS - 1)
        assert (arrived(single), arrived(family), door_faults(event)) == (1, 0, [])


def test_negative_control_without_the_locks(unlocked: Server) -> None:
    """The constraint still refuses what would count twice, but not without disorder."""
    event = make_event(capacity=9)
    family = seat(event, "Bea", 3)
    answers = show_everywhere(unlocked, event, family, 16, people=2)
    disorder = sorted(answers, key=str) != ["admitted"] + ["beyond"] * 15
    assert disorder or door_faults(event) != []
    assert arrived(family) <= 3
