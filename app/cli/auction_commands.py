"""Commands that check auctions: replay a log from a file, and what the database holds against its own log."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app.auctions.lots import differences
from app.auctions.models import Auction, Lot
from app.auctions.replay import ReplayError, replay
from app.core.database import db

auctions = AppGroup("auctions", help="Check auctions.")


@auctions.command("replay", with_appcontext=False)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay_file(file: Path) -> None:
    """Print the states of a lot's log, one JSON line an event."""
    try:
        lines = replay(json.loads(file.read_text(encoding="utf-8-sig")))
    except (ReplayError, ValueError, RecursionError) as fault:
        raise click.ClickException(f"{file.name}: {fault}") from fault
    for line in lines:
        click.echo(json.dumps(line, ensure_ascii=False))


@auctions.command("verify")
@click.argument("slug", required=False)
def verify(slug: str | None) -> None:
    """Replay every lot, of one auction if named, and name each difference from what is kept. Exit 1 if there is any."""
    query = select(Auction).order_by(Auction.id)
    found = list(db.session.scalars(query.where(Auction.slug == slug) if slug else query))
    if slug and not found:
        raise click.ClickException(f"no auction {slug}")
    faults = checked = 0
    for auction in found:
        for lot in db.session.scalars(select(Lot).where(Lot.auction_id == auction.id).order_by(Lot.number)):
            checked += 1
            for fault in differences(auction, lot):
                faults += 1
                click.echo(f"{auction.slug} lot {lot.number}: {fault}")
    click.echo(f"{checked} lots replayed, {faults} differences")
    if faults:
        raise SystemExit(1)


COMMANDS = (auctions,)
