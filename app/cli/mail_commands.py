"""Commands about mail: reading what comes in, and writing again to an address that mails came back from."""

from __future__ import annotations

import sys
from typing import BinaryIO

import click
import structlog
from flask.cli import with_appcontext

from app.core import inbox
from app.core.mail import allow
from app.core.transactions import atomic, retried
from app.web.forms import normal_email

LATER = 75  # EX_TEMPFAIL of sysexits.h: the mail server keeps the message and tries again
CHUNK = 1_000_000
log = structlog.get_logger()


@click.command("mail-in")
@click.option("--to", "recipients", multiple=True, help="A recipient of the envelope; may be given several times.")
@with_appcontext
def mail_in(recipients: tuple[str, ...]) -> None:
    """Read one message from standard input: an answer of a calendar, or a mail that came back.

    The exit code is 0 also for what is not believed or cannot be read, so that nothing is answered to a forged sender; 75
    asks the mail server to try again later.
    """
    try:
        heard = inbox.hear(_read(sys.stdin.buffer), recipients)
        outcome = heard if isinstance(heard, inbox.Outcome) else retried(lambda: _act(heard))
    except Exception:
        log.exception("a message is tried again later")
        sys.exit(LATER)
    click.echo(outcome.value)


def _act(heard: inbox.Heard) -> inbox.Outcome:
    with atomic():
        return inbox.act(heard)


def _read(source: BinaryIO) -> bytes:
    """All of it is taken from whoever pipes it, and one octet more than the largest is kept, to tell that it was more."""
    kept = bytearray()
    while chunk := source.read(CHUNK):
        kept += chunk[: max(0, inbox.LARGEST + 1 - len(kept))]
    return bytes(kept)


@click.command("mail-allow")
@click.argument("email")
@with_appcontext
def mail_allow(email: str) -> None:
    """Write again to an address that mails came back from for good."""
    try:
        address = normal_email(email)
    except ValueError as fault:
        raise click.ClickException(str(fault)) from fault
    with atomic():
        found = allow(address)
    click.echo("mail goes there again" if found else "mail to that address was not held back")


COMMANDS = (mail_in, mail_allow)
