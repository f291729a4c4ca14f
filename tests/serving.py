"""A real Kermesse over HTTP for races and journeys: the same server and worker that `make run` starts."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from app import create_app
from app.cli.run import serving
from app.config import ROOT, read
from app.core.database import db
from tests.conftest import migrated, settings

READY_S = 30


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


WORKER = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]


@dataclass
class Server:
    """A running web process (and worker). `app` is an application on the same database, for the test's own eyes."""

    url: str
    app: Flask
    environ: dict[str, str]
    entry: str = "app.server:app"
    workers: int = 1
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *, worker: bool = True, wait: bool = True) -> Server:
        """Start the web server and the worker, and wait until it answers."""
        port = self.environ["PORT"]
        web = [*serving(port, self.workers, self.entry), "--host", "127.0.0.1", "--log-level", "error"]
        self.processes = [self._spawn(web)]
        if worker:
            self.processes.append(self._spawn(WORKER))
        return self._ready() if wait else self

    def kill(self, number: int) -> None:
        """End one of the processes with -9 (0: web, 1: worker), and start it again."""
        process = self.processes[number]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(15)
        self.processes[number] = self._spawn([str(part) for part in process.args])  # type: ignore[union-attr]
        self._ready()

    def _ready(self) -> Server:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/livez", timeout=2):
                return self
            time.sleep(0.1)
        raise AssertionError("the server did not start")

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        log = Path(self.environ["DATA_DIR"]) / "server.log"
        with log.open("ab") as file:
            return subprocess.Popen(
                command, cwd=ROOT, env=os.environ | self.environ, start_new_session=True, stdout=file, stderr=file
            )

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End all processes; SIGKILL is the fault that tests look for. Told otherwise, each ends by itself."""
        stuck = []
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, how)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(5)
                stuck.append(process.args)
        self.processes = []
        assert stuck == [], "told to stop, these did not"


@contextlib.contextmanager
def served(
    engine: str,
    folder: Path,
    *,
    entry: str = "app.server:app",
    workers: int = 1,
    worker: bool = True,
    start: bool = True,
    name: str = "served",
    whose: str = "everybody",
    **environ: str,
) -> Iterator[Server]:
    """A server on a fresh, migrated database."""
    port = free_port()
    variables = settings(
        DATA_DIR=str(folder),
        PORT=str(port),
        BASE_URL=f"http://127.0.0.1:{port}",
        DATABASE_URL=migrated(engine, folder, name, whose),
        **environ,
    )
    app = create_app(read(variables))
    with app.app_context():
        server = Server(variables["BASE_URL"], app, variables, entry, workers)
        try:
            if start:
                server.start(worker=worker)
            yield server
        finally:
            db.session.remove()
            db.engine.dispose()
            server.stop()
