"""Commands that let anybody check an auction."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select

from app.auctions import lots
from app.auctions.models import Auction, Lot
from app.auctions.replay import ReplayError, replay
from app.core.database import db
from app.core.transactions import one_moment

auctions = AppGroup("auctions", help="Replay and verify.")


@auctions.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay_file(file: Path) -> None:
    """Print the states of the lot described in FILE, one JSON line an event."""
    try:
        for line in replay(json.loads(file.read_text(encoding="utf-8"))):
            click.echo(json.dumps(line))
    except (ReplayError, ValueError, RecursionError) as fault:
        raise click.ClickException(f"{file.name}: {fault}") from fault


@auctions.command("verify")
@click.argument("slug", required=False)
@with_appcontext
def verify(slug: str | None) -> None:
    """Replay what the database holds and name every difference; the exit code is 1 if there is one."""
    one_moment()
    query = select(Lot).join(Lot.auction).order_by(Auction.id, Lot.number)
    if slug:
        query = query.where(Auction.slug == slug)
    checked = faults = 0
    for lot in db.session.scalars(query):
        checked += 1
        for difference in lots.differences(lot.auction, lot):
            faults += 1
            click.echo(f"{lot.auction.slug} lot {lot.number}: {difference}")
    if slug and not checked:
        raise click.ClickException(f"no auction {slug} with lots")
    click.echo(f"{checked} lots replayed, {faults} differences")
    sys.exit(1 if faults else 0)


COMMANDS = (auctions,)
