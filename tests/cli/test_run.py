"""`make run`, as a newcomer starts it: it serves, it is killed with -9, and a second start keeps everything."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from app import create_app
from app.accounts.models import Person
from app.auctions.models import Auction, LotEvent
from app.cli import demo
from app.config import ROOT, read
from app.core.database import db
from tests.conftest import settings
from tests.races.guests import Guest
from tests.serving import Server, free_port

READY_S = 60


class Run:
    """A `make run` without the set-up, in a folder of its own."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ, self.log = environ, Path(environ["DATA_DIR"]) / "run.log"
        with self.log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli.run"],
                cwd=ROOT, env=os.environ | environ, stdout=file, stderr=file, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + READY_S
        while not self.serves():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def serves(self, path: str = "/livez") -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(self.environ["BASE_URL"] + path, timeout=5):
            return True
        return False

    def end(self, how: int) -> None:
        """End the one process that a newcomer sees; its children must follow."""
        self.process.send_signal(how)
        self.process.wait(20)
        deadline = time.monotonic() + 20
        while self.serves() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not self.serves(), "the web server outlived its parent"


def kept(app: Flask) -> dict[str, int]:
    """How many rows stand in each table that nothing but people fills."""
    with app.app_context():
        db.session.rollback()
        tables = [table for table in db.metadata.sorted_tables if table.name not in ("job", "mail")]
        return {
            table.name: db.session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        }


def bid(server: Server, person: Person, slug: str, operation: str, francs: int) -> int:
    guest = Guest.signed_in(server, person)
    try:
        guest.get(f"/auctions/{slug}/lots/1/")
        fields = {"amount": francs, "operation": operation, "name": "Pia", "terms": "y", "confirmed": 1}
        return guest.post(f"/auctions/{slug}/lots/1/bids", **fields)[0]
    finally:
        guest.hang_up()


def test_a_second_run_keeps_everything(tmp_path: Path) -> None:
    port = free_port()
    environ = settings(DATA_DIR=str(tmp_path), PORT=str(port), BASE_URL=f"http://127.0.0.1:{port}")
    app = create_app(read(environ))
    with app.app_context():
        upgrade()
        demo.seed(lambda _text: None, works=4)
        slug = db.session.scalars(select(Auction.slug).order_by(Auction.id.desc())).first() or ""
    server = Server(environ["BASE_URL"], app, environ)

    first = Run(environ)
    said = first.log.read_text()
    assert f"Kermesse is open at {environ['BASE_URL']}/" in said
    assert "To enter as administrator, once" in said
    with app.app_context():
        person = db.session.scalars(select(Person).order_by(Person.id.desc()).limit(1)).one()
        assert bid(server, person, slug, "the-last-acknowledged", 500) == 303
    before = kept(app)
    first.end(signal.SIGKILL)

    second = Run(environ)
    try:
        assert kept(app) == before
        with app.app_context():
            assert db.session.scalar(select(LotEvent.seq).where(LotEvent.operation == "the-last-acknowledged"))
            assert bid(server, person, slug, "the-last-acknowledged", 500) == 303  # the same form: the same answer
            assert bid(server, person, slug, "and-a-new-one", 900) == 303
        assert kept(app)["lot_event"] == before["lot_event"] + 1
        page = urllib.request.urlopen(f"{environ['BASE_URL']}/auctions/{slug}/", timeout=10)
        with page:
            assert "Kermesse" in page.read().decode()
    finally:
        second.end(signal.SIGTERM)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    assert second.process.returncode == 0


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environ = settings(DATA_DIR=str(tmp_path), PORT=str(taken.getsockname()[1]))
        found = subprocess.run(
            [sys.executable, "-m", "app.cli.run"],
            cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert found.returncode == 2
    assert "is taken. Choose another" in found.stdout
