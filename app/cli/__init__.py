"""The commands of `flask --app wsgi`."""

from __future__ import annotations

from flask import Flask

from app.cli import auction_commands, operate


def install(app: Flask) -> None:
    """Register every command."""
    for command in (*operate.COMMANDS, *auction_commands.COMMANDS):
        app.cli.add_command(command)
