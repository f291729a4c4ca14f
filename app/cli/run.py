"""`make run`: database, demo content on a first start, then web and worker under one small supervisor.

A child that dies is started again. The children end with this process, even when it is killed, so that the next start
finds its port free.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from types import FrameType

from flask_migrate import upgrade

from app import create_app
from app.accounts import services as accounts
from app.accounts.queries import has_administrator
from app.config import ROOT, Config, ConfigError, read
from app.core import webpush
from app.core.database import db
from app.core.transactions import atomic

ADMIN = "admin@kermesse.example"
GRACE_S = 10


def main() -> int:
    """Returns the exit code; runs until SIGINT or SIGTERM."""
    try:
        config = read()
    except ConfigError as fault:
        print(f"kermesse cannot start: {fault}")
        return 2
    if not port_free(config):
        print(f"kermesse cannot start: port {config['PORT']} is taken. Choose another: make run PORT=8001")
        return 2
    prepare(config)
    supervisor = Supervisor(config)
    print(f"\n  Kermesse is open at {config.base_url}/\n  Stop it with Ctrl-C.\n", flush=True)
    return supervisor.run()


def port_free(config: Config) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config["HOST"], config["PORT"]))
        except OSError:
            return False
    return True


def prepare(config: Config) -> None:
    """Bring the database to the head, fill an empty one with the demo, and tell how to enter."""
    app = create_app(config)
    with app.app_context():
        upgrade()
        webpush.public_key()  # made now, so that nobody waits for it
        if not config.production:
            from app.cli import demo

            demo.seed(say)
            if not has_administrator():
                with atomic():
                    link = accounts.admin_link(ADMIN)
                print(f"\n  To enter as administrator, once: {link}", flush=True)
        db.session.remove()
        db.engine.dispose()


def say(text: str) -> None:
    print(f"kermesse: {text}", flush=True)


class Supervisor:
    """Keeps a web server and a worker alive."""

    def __init__(self, config: Config) -> None:
        self.commands = {"web": web_command(config), "worker": worker_command()}
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def run(self) -> int:
        while not self.stopping:
            for name, command in self.commands.items():
                child = self.children.get(name)
                if child is None or child.poll() is not None:
                    if child is not None:
                        print(f"kermesse: {name} ended with {child.returncode}; starting it again", flush=True)
                        time.sleep(0.5)
                    self.children[name] = subprocess.Popen(command, cwd=ROOT, preexec_fn=end_with_parent)
            time.sleep(0.3)
        for child in self.children.values():
            child.terminate()
        deadline = time.monotonic() + GRACE_S
        for child in self.children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
        return 0


def web_command(config: Config) -> list[str]:
    """The web server. One process on SQLite, where a writer's turn is fairest within a process."""
    workers = config["WEB_WORKERS"] or (1 if config.sqlite else 2)
    return [
        *serving(config["PORT"], workers), "--host", config["HOST"],
        "--respawn-failed-workers", "--log-level", "warning", "--workers-kill-timeout", str(GRACE_S - 2),
    ]  # fmt: skip


def serving(port: int | str, workers: int, entry: str = "app.server:app") -> list[str]:
    """The command that serves an RSGI application. HTTP/1 alone, as proxies speak it: to recognise HTTP/2 the server would keep
    a buffer for each open stream."""
    return [
        sys.executable, "-m", "app.cli.web", "--interface", "rsgi", entry, "--port", str(port), "--workers", str(workers),
        "--backlog", "4096", "--http", "1",
    ]  # fmt: skip


def worker_command() -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]


def end_with_parent() -> None:
    """In the child: a new session for clean signals, and SIGTERM when the parent dies (Linux)."""
    os.setpgid(0, 0)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
