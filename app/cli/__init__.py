"""The commands of `flask --app wsgi`."""

from __future__ import annotations

from flask import Flask

from app.cli import operate


def install(app: Flask) -> None:
    """Register every command."""
    for command in operate.COMMANDS:
        app.cli.add_command(command)
