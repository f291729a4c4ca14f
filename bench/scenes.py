"""Servers and people for the figures, set through the same services as in daily use."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from app.accounts.models import Person
from app.accounts.services import find_or_create
from app.config import ROOT
from app.core.database import db
from app.core.transactions import atomic
from bench import scale
from tests.engines import database_url
from tests.races.guests import Guest
from tests.serving import Server, free_port, served

THREADS = "16"


@dataclass
class Pair:
    """Kermesse and the reference, both serving on the same engine."""

    ours: Server
    reference: str


@contextmanager
def pair(engine: str, processes: int = 0, **environ: str) -> Iterator[Pair]:
    """Both servers, ours with the history that SCALE asks for, without a worker: what is measured is the web process.

    As many processes as `make run` starts unless told.
    """
    workers = processes or (2 if engine == "postgresql" else 1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        ours = stack.enter_context(
            served(
                engine,
                folder / "ours",
                name="bench_ours",
                workers=workers,
                start=False,
                WEB_THREADS=THREADS,
                **environ,
            )
        )
        if scale.LARGE:
            scale.fill()
        ours.start(worker=False)
        url = database_url(engine, folder / "reference", "bench_reference")
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        yield Pair(ours, stack.enter_context(reference(url, workers)))


@contextmanager
def reference(url: str, workers: int) -> Iterator[str]:
    """The bare application; yields its address."""
    environ = os.environ | {"BENCH_DATABASE_URL": url}
    subprocess.run(
        [sys.executable, "-c", "import bench.references"], cwd=ROOT, env=environ | {"BENCH_FILL": "1"}, check=True
    )
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "bench.references:app", "--port", str(port),
        "--workers", str(workers), "--blocking-threads", THREADS, "--backlog", "1024", "--log-level", "error",
    ]  # fmt: skip
    with running(command, environ):
        address = f"http://127.0.0.1:{port}"
        answers(address)
        yield address


@contextmanager
def running(command: list[str], environ: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A process for as long as the block lasts."""
    process = subprocess.Popen(command, cwd=ROOT, env=environ or dict(os.environ))
    try:
        yield process
    finally:
        process.terminate()
        process.wait(15)


def answers(address: str) -> None:
    """Wait until something listens there."""
    deadline = monotonic() + 30
    while monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        sleep(0.1)
    raise RuntimeError(f"nothing answers at {address}")


def resident_kib(leader: int) -> int:
    """The memory of a process and its children, in KiB; 0 where the system does not tell."""
    found = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError, KeyError):
            facts = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            if str(leader) in (facts["Pid"].strip(), facts["PPid"].strip()):
                found += int(facts["VmRSS"].split()[0])
    return found


def people(number: int) -> list[Person]:
    """That many people with names."""
    with atomic():
        made = [find_or_create(f"guest{index}@home.example", f"Guest {index}") for index in range(number)]
    return [db.session.get_one(Person, person.id) for person in made]


def sessions(server: Server, persons: list[Person], path: str) -> list[tuple[str, str]]:
    """(cookie, form token) of each, who have the page open."""
    found = []
    for person in persons:
        guest = Guest.signed_in(server, person)
        guest.get(path)
        guest.hang_up()
        found.append(("; ".join(f"{name}={value}" for name, value in guest.cookies.items()), guest.token))
    return found
