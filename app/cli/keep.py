"""Commands that keep the house: backup, restore, one person's data, and the doctor."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from app.cli import backup as backups
from app.cli import doctor as checks
from app.cli import privacy
from app.core.database import db

SAFE_SQLITE = (3, 51, 3)


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup(file: Path) -> None:
    """Write everything (rows, files, hashes) into FILE, consistent also under load."""
    manifest = backups.backup(file)
    click.echo(f"{sum(manifest['rows'].values())} rows and {len(manifest['files'])} files in {file}")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def restore(file: Path) -> None:
    """Fill an empty installation from FILE. Who was erased here stays erased."""
    try:
        manifest = backups.restore(file)
    except backups.RestoreRefused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    click.echo(f"restored {sum(manifest['rows'].values())} rows of {manifest['made_at']}")


@click.command("export-person")
@click.argument("email")
@with_appcontext
def export_person(email: str) -> None:
    """Print everything kept about one person, as JSON."""
    try:
        found = privacy.export(email)
    except ValueError as fault:
        raise click.ClickException(str(fault)) from fault
    if found is None:
        raise click.ClickException("nobody is known by that address")
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


@click.command("erase-person")
@click.argument("email")
@with_appcontext
def erase_person(email: str) -> None:
    """Erase one person. Seats are freed; money rows keep their amounts under a pseudonym."""
    try:
        outcome = privacy.erase(email)
    except ValueError as fault:
        raise click.ClickException(str(fault)) from fault
    if outcome is privacy.Outcome.UNKNOWN:
        raise click.ClickException("nobody is known by that address")
    click.echo("erased before; nothing is left" if outcome is privacy.Outcome.BEFORE else "erased")


@click.command("doctor")
@with_appcontext
def doctor() -> None:
    """Tell what is well and what is not; the exit code is 1 when something is not."""
    config = current_app.config["KERMESSE"]
    faults = list(checks.faults())
    notes = [f"Python {sys.version.split()[0]}", f"database {db.engine.dialect.name}", f"data in {config.data_dir}"]
    notes.append(f"{shutil.disk_usage(config.data_dir).free // 2**20} MB free")
    if config.sqlite:
        notes.append(f"SQLite {sqlite3.sqlite_version}")
        if sqlite3.sqlite_version_info < SAFE_SQLITE:
            notes.append(
                "SQLite before 3.51.3 has a defect when two connections checkpoint at once; keep one web process"
            )
    for note in notes:
        click.echo(f"  {note}")
    for name, fault in faults:
        click.echo(f"! {name}: {fault}")
    click.echo("not well" if faults else "well")
    sys.exit(1 if faults else 0)


COMMANDS = (backup, restore, export_person, erase_person, doctor)
