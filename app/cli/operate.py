"""Commands for whoever runs the house: settings, users, the worker, the demonstration."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from threading import Thread
from types import FrameType

import click
import structlog
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from app import config as settings
from app.accounts import queries, sso
from app.accounts import services as accounts
from app.core import jobs, mail
from app.core.clock import now
from app.core.database import db
from app.core.registry import registry
from app.core.transactions import Busy, atomic
from app.web.access import ROLES

SWEEP_EVERY_S = 3600
IDLE_S = 0.4
log = structlog.get_logger()


@click.command("settings")
@with_appcontext
def list_settings() -> None:
    """List every setting with its present value and meaning."""
    config = current_app.config["KERMESSE"]
    for setting in settings.SETTINGS:
        value = "(set)" if setting.secret and config[setting.name] else config[setting.name]
        click.echo(f"{setting.name:22} {value!s:28} {setting.help}")


user = AppGroup("user", help="People and their roles.")


@user.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True)
def create_user(email: str, role: str) -> None:
    """Make a person known and give them a role; they sign in by an e-mailed code."""
    try:
        with atomic():
            person = accounts.grant(email, role, None)
    except ValueError as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"{person.email} is {role}")


@user.command("admin-link")
@click.argument("email")
def admin_link(email: str) -> None:
    """Print a one-time link that signs in an administrator."""
    try:
        with atomic():
            link = accounts.admin_link(email)
    except ValueError as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(link)


@user.command("forget-sso")
@click.argument("email")
def forget_sso(email: str) -> None:
    """Forget which account of the organisation's sign-in is a person's; their next sign-in through it joins anew."""
    try:
        with atomic():
            known = sso.forget(queries.person_id_of(email) or 0, None)
    except ValueError as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo("forgotten" if known else "nothing was kept")


@user.command("disable")
@click.argument("email")
def disable_user(email: str) -> None:
    """Shut somebody out: their sessions end at once, and no code or password lets them in."""
    _switch(email, active=False)


@user.command("enable")
@click.argument("email")
def enable_user(email: str) -> None:
    """Let somebody in again who was shut out."""
    _switch(email, active=True)


def _switch(email: str, *, active: bool) -> None:
    try:
        with atomic():
            person = accounts.switch(email, active=active, actor_id=None)
    except ValueError as fault:
        raise click.ClickException(str(fault)) from fault
    if person is None:
        raise click.ClickException("nobody is known by that address")
    click.echo(f"{person.email} may sign in" if active else f"{person.email} is shut out")


class Stop:
    """Set by SIGTERM or SIGINT: the worker ends after what it is doing."""

    asked = False

    def __init__(self) -> None:
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Send mail and run jobs until told to stop. Several may run on PostgreSQL."""
    stop = Stop()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    # Mail has a thread of its own: while a mail server is slow, lots still close and phones are still told.
    letters = Thread(target=_send_mail, args=[app, stop])
    letters.start()
    swept = 0.0

    def round_of_jobs() -> int:
        nonlocal swept
        ran = jobs.run_due()
        if time.monotonic() - swept > SWEEP_EVERY_S or not swept:
            swept = time.monotonic()
            sweep()
        return ran

    _until(stop, round_of_jobs)
    letters.join()
    log.info("worker stopped", at=now().isoformat())


def _send_mail(app: Flask, stop: Stop) -> None:
    with app.app_context():
        _until(stop, mail.send_due)


def _until(stop: Stop, work: Callable[[], int]) -> None:
    """Do some work again and again, at leisure while there is none."""
    while not stop.asked:
        try:
            busy = work()
        except Busy:
            busy = 0
        except Exception:
            log.exception("the worker goes on after a fault")
            time.sleep(2)
            busy = 0
        db.session.remove()
        if not busy and not stop.asked:
            time.sleep(IDLE_S)


def sweep() -> None:
    """Run every sweep once."""
    for name, run in registry().sweeps.items():
        try:
            run()
        except Exception:
            log.exception("sweep failed", sweep=name)


@click.command("demo")
@click.option("--works", type=click.IntRange(4, 40), help="How many pictures to draw.")
@with_appcontext
def demonstrate(works: int | None) -> None:
    """Fill the demonstration; safe to repeat."""
    from app.cli import demo  # a quarter of a start, which no other command needs

    if current_app.config["KERMESSE"].production:
        raise click.ClickException("the demonstration does not belong into production")
    demo.seed(click.echo, works or demo.ALL_WORKS)


COMMANDS = (list_settings, user, worker, demonstrate)
