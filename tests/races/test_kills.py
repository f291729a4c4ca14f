"""Faults in the middle of bids: what was acknowledged is there, once, and the rest gets an answer.

kill -9 of web and worker by turns, and of PostgreSQL; bids sent twice; answers that are lost because the client hangs up; a
clock that steps back. The commit tier; `make soak` runs the larger one. Every bid carries its operation, as the page's form
does, and is sent again after a lost answer until it gets a definite one.
"""

from __future__ import annotations

import http.client
import os
import random
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from app.accounts.models import Person
from app.auctions.models import Lot
from app.core.database import db
from app.core.mail import Mail
from tests.auctions.helpers import bid, events, lot_of, make_auction, people
from tests.conftest import WORKER
from tests.engines import postgres_uri
from tests.races.guests import Guest
from tests.races.test_over_http import Sent, bid_faults
from tests.serving import Server, served

SOAK = bool(os.environ.get("KERMESSE_SOAK"))
BIDS, KILLS, HANDS = (60_000, 60, 16) if SOAK else (10_000, 20, 16)
GIVE_UP_S = 60
OWN = "to be killed"


@dataclass
class Crowd:
    """Hands that bid until enough bids have a definite answer. Every third bid is sent twice with one operation, and of
    every seventh the first answer is never read."""

    server: Server
    path: str
    sent: list[Sent] = field(default_factory=list)
    lost_answers: int = 0
    complaints: list[str] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)

    def hand(self, number: int, person_id: int, guest: Guest) -> None:
        dice = random.Random(number)
        for turn in count():
            if self.enough.is_set():
                return
            operation, francs = f"hand-{number:03}-turn-{turn:05}", 10 + len(self.sent) // 2 + dice.randint(0, 40)
            form = {"amount": francs, "operation": operation, "confirmed": 1}
            if turn % 7 == 0:
                guest.forget(f"{self.path}bids", **form)
            yes = self.definite(guest, operation, form)
            if turn % 3 == 0 and self.definite(guest, operation, form) < yes:
                self.complaints.append(f"{operation} was accepted, and its copy refused")
            self.sent.append((operation, person_id, francs * 100, yes))
            if len(self.sent) >= BIDS:
                self.enough.set()

    def definite(self, guest: Guest, operation: str, form: dict[str, object]) -> bool:
        """Whether the bid was accepted; asks again, with the same operation, until there is an answer."""
        deadline = time.monotonic() + GIVE_UP_S
        while time.monotonic() < deadline:
            with suppress(OSError, http.client.HTTPException):
                status, _location, _body = guest.post(f"{self.path}bids", **form)
                if status in (200, 422):
                    return status == 200
            self.lost_answers += 1
            time.sleep(0.05)
        self.complaints.append(f"{operation} never got an answer")
        return False


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_kill_9_in_the_middle_of_bids(engine: str, tmp_path: Path) -> None:
    workers = 2 if engine == "postgresql" else 1
    name = f"kills_{WORKER}"
    with served(engine, tmp_path, name=name, workers=workers, whose=OWN, entry="tests.races.unsteady:app") as server:
        auction = make_auction(2, minutes=600)
        lot, persons = lot_of(auction), people(HANDS)
        for index, person_id in enumerate(persons):
            bid(lot_of(auction, 2), db.session.get_one(Person, person_id), 10 + 10 * index)
        crowd = Crowd(server, f"/auctions/{auction.slug}/lots/1/")
        guests = [Guest.signed_in(server, db.session.get_one(Person, key)) for key in persons]
        for guest in guests:
            guest.get(crowd.path)
            guest.accept = "application/json"  # as the page's script asks
        hands = [
            threading.Thread(target=crowd.hand, args=(number, persons[number], guests[number]))
            for number in range(HANDS)
        ]
        for thread in hands:
            thread.start()
        db.session.remove()  # the test's own connection must not be among those that die
        db.engine.dispose()
        for kill in range(1, KILLS + 1):
            while len(crowd.sent) < BIDS * kill // (KILLS + 1) and not crowd.complaints:
                time.sleep(0.01)
            server.kill(kill % 2)
            if engine == "postgresql" and kill % 8 == 0:
                kill_database(name)
        for thread in hands:
            thread.join()
        for guest in guests:
            guest.hang_up()
        assert crowd.complaints == []
        assert crowd.lost_answers > 0, "no kill met a bid: the test shows nothing"
        lot = lot_of(auction)
        assert bid_faults(lot, crowd.sent) == []
        assert mail_faults(lot) == []


def kill_database(name: str) -> None:
    """kill -9 of one of its processes: PostgreSQL ends them all and recovers from its log."""
    with psycopg.connect(postgres_uri(OWN), autocommit=True) as connection:
        row = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s LIMIT 1", [name]).fetchone()
    if row is not None:
        os.kill(row[0], signal.SIGKILL)


def mail_faults(lot: Lot) -> list[str]:
    """E1: the outbox holds one notice for every time that somebody was outbid, under the number of that bid."""
    owed = [after.seq for before, after in pairwise(events(lot)) if before.leader_id != after.leader_id]
    keys = db.session.scalars(select(Mail.key).where(Mail.key.startswith(f"outbid:{lot.id}:")).order_by(Mail.id))
    told = [int(key.rsplit(":", 1)[1]) for key in keys]
    return [] if told == owed else [f"outbid was told for {len(told)} bids, and is owed for {len(owed)}"]
