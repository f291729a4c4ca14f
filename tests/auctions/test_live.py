"""The live stream over real HTTP, on both engines: what open pages hear, and what they never hear."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app.auctions import pledges, services
from app.auctions.models import Auction, LotStatus
from app.core.transactions import atomic, locked
from tests.auctions.helpers import amounts_in, bid, lot_of, make_auction
from tests.cast import Cast
from tests.conftest import WORKER, Browserlike
from tests.serving import Server, served

CANARY = 7777
PATIENCE_S = 10


class Follower:
    """An open page: collects the events of a stream in a thread of its own."""

    def __init__(self, server: Server, address: str, last_id: str = "") -> None:
        self.line = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
        self.line.request("GET", address, headers=headers)
        self.socket = self.line.sock
        self.response = self.line.getresponse()
        self.status = self.response.status
        self.events: list[dict[str, str]] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        event: dict[str, str] = {}
        try:
            while line := self.response.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name:
                    event[name] = value
                elif event.keys() - {"retry"}:
                    self.events.append(event)
                    event = {}
        except OSError:
            pass
        self.ended.set()

    def told(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first event whose data is wanted; waits for it."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for event in self.events:
                data = json.loads(event["data"])
                if wanted(data):
                    return {**data, "id": event.get("id", "")}
            time.sleep(0.01)
        raise AssertionError(f"not told; heard {self.events}")

    def price(self, number: int, price: int) -> dict[str, Any]:
        return self.told(
            lambda data: any(lot["number"] == number and lot["price"] == price for lot in data.get("lots", []))
        )

    def close(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads
        self.thread.join(10)
        self.response.close()
        self.line.close()


@pytest.fixture
def server(engine: str, tmp_path: Path) -> Iterator[Server]:
    workers = 2 if engine == "postgresql" else 1
    with served(engine, tmp_path, name=f"live_{WORKER}", workers=workers, worker=False) as made:
        yield made


@pytest.fixture
def follow(server: Server) -> Iterator[Callable[..., Follower]]:
    made: list[Follower] = []

    def make(address: str, last_id: str = "") -> Follower:
        made.append(Follower(server, address, last_id))
        return made[-1]

    yield make
    for follower in made:
        follower.close()


def stream_of(auction: Auction, query: str = "") -> str:
    return f"/auctions/{auction.slug}/live{query}"


def test_every_open_page_hears_a_bid(server: Server, follow: Callable[..., Follower]) -> None:
    cast, auction = Cast.assemble(), make_auction(3)
    pages = [follow(stream_of(auction, query)) for query in ("", "?lang=fr", "?lot=1", "?lot=2", "?lot=1&lang=xx")]
    for page in pages:
        page.told(lambda data: "lots" in data)
    bid(lot_of(auction), cast.parent, 50)
    bid(lot_of(auction), cast.staff, 30)
    for page in (pages[0], pages[2], pages[4]):
        (lot,) = page.price(1, 3200)["lots"]
        assert (lot["paddle"], lot["bids"], lot["needed"], lot["price_text"]) == (100, 2, 3400, "32\u00a0CHF")
    assert "La prochaine" in pages[1].price(1, 3200)["lots"][0]["words"]
    assert [step["seq"] for step in pages[2].price(1, 3200)["steps"]][:1] == [2]
    bid(lot_of(auction, 2), cast.parent, 80)
    pages[3].told(lambda data: any(lot["number"] == 2 and lot["bids"] == 1 for lot in data.get("lots", [])))
    assert all(lot["number"] == 2 for event in pages[3].events for lot in json.loads(event["data"]).get("lots", []))


def test_who_comes_back_gets_what_they_lack(server: Server, follow: Callable[..., Follower]) -> None:
    cast, auction = Cast.assemble(), make_auction()
    first = follow(stream_of(auction, "?lot=1"))
    known = first.told(lambda data: "lots" in data)["id"]
    first.close()
    same = follow(stream_of(auction, "?lot=1"), known)
    assert "lots" not in same.told(lambda data: True)  # the clock alone: nothing has moved
    same.close()
    for francs in (20, 40, 60):
        bid(lot_of(auction), cast.parent if francs != 40 else cast.staff, francs)
    back = follow(stream_of(auction, "?lot=1"), known)
    newest = back.told(lambda data: any(lot["seq"] == 3 for lot in data.get("lots", [])))
    assert newest["id"] != known
    assert {step["seq"] for event in back.events for step in json.loads(event["data"]).get("steps", [])} == {1, 2, 3}


def test_time_alone_is_told(server: Server, follow: Callable[..., Follower]) -> None:
    auction = make_auction(minutes=0.05)
    page = follow(stream_of(auction, "?lot=1"))
    assert page.told(lambda data: "lots" in data)["lots"][0]["phase"] == "open"
    page.told(lambda data: any(lot["phase"] == "closed" for lot in data.get("lots", [])))


def test_pausing_and_withdrawing_are_told(server: Server, follow: Callable[..., Follower]) -> None:
    cast, auction = Cast.assemble(), make_auction(2)
    page = follow(stream_of(auction))
    page.told(lambda data: "lots" in data)
    with atomic():
        services.set_lot_status(lot_of(auction).id, LotStatus.PAUSED, cast.organiser.id)
    page.told(lambda data: any(lot["phase"] == "paused" for lot in data.get("lots", [])))


def test_no_stream_holds_a_maximum(server: Server, follow: Callable[..., Follower]) -> None:
    cast, auction = Cast.assemble(), make_auction()
    page, wall = follow(stream_of(auction, "?lot=1")), follow(stream_of(auction))
    bid(lot_of(auction), cast.parent, CANARY)
    bid(lot_of(auction), cast.staff, 30)
    for each in (page, wall):
        each.price(1, 3200)
        assert all(str(CANARY) not in amounts_in(event["data"]) for event in each.events)


def test_what_is_not_public_has_no_stream(server: Server, follow: Callable[..., Follower]) -> None:
    hidden, auction = make_auction(published=False), make_auction()
    for address in (stream_of(hidden), "/auctions/nothing/live", stream_of(auction, "?lot=9")):
        assert follow(address).status == 404
    for odd in ("?lot=-1", "?lot=%00", "?lot=9999999999999", "?lang=%ff", "?lot=1&lot=2"):
        assert follow(stream_of(auction, odd)).status in (200, 404)


def test_a_stopping_server_ends_its_streams(server: Server, follow: Callable[..., Follower]) -> None:
    page = follow(stream_of(make_auction()))
    page.told(lambda data: "lots" in data)
    server.stop()
    assert page.ended.wait(5), "the stream held the server back"
    assert [process for process in server.processes if process.poll() is None] == []


def test_without_an_event_loop_pages_ask_instead(app: Flask, client_for: Browserlike) -> None:
    assert client_for().get(stream_of(make_auction())).status_code == 204


def test_a_pledge_is_told_to_the_wall_and_the_projector(server: Server, follow: Callable[..., Follower]) -> None:
    cast, auction = Cast.assemble(), make_auction(2)
    with atomic():
        found = locked(Auction, auction.id)
        found.need_title, found.need_goal = "A school bus", 50_000
    everything, french, one_lot = (follow(stream_of(auction, query)) for query in ("", "?lang=fr", "?lot=1"))
    first = everything.told(lambda data: "lots" in data)
    assert first["need"] == {"pledged": 0, "pledged_text": "0\u00a0CHF", "newest": None}
    for page in (french, one_lot):
        page.told(lambda data: "lots" in data)
    with atomic():
        made = pledges.pledge(auction.id, cast.parent.id, 5000, "operation-1", terms_accepted=True).id

    def heard(page: Follower, text: str) -> dict[str, Any]:
        return page.told(lambda data: "need" in data and data["need"]["pledged_text"] == text)

    told = heard(everything, "50\u00a0CHF")
    assert (told["need"]["newest"]["words"], told["lots"]) == ("Paddle 100 gives 50\u00a0CHF", [])
    assert cast.parent.name not in json.dumps(told)
    assert told["id"] != first["id"]
    assert heard(french, "50\u00a0CHF")["need"]["newest"]["words"]
    with atomic():
        pledges.withdraw(made, cast.organiser.id)
    deadline = time.monotonic() + PATIENCE_S
    while [json.loads(event["data"]).get("need") for event in everything.events].count(first["need"]) < 2:
        assert time.monotonic() < deadline, "what is taken back is told"
        time.sleep(0.01)
    assert all("need" not in json.loads(event["data"]) for event in one_lot.events)
