"""Commands about money and the auction's logs."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.payments.jobs import reconcile


@click.command("reconcile")
@with_appcontext
def reconcile_payments() -> None:
    """Ask the payment provider about payments that were not heard of."""
    click.echo(f"{reconcile()} payments were heard of")


COMMANDS = (reconcile_payments,)
