"""The commands of `flask --app wsgi`."""

from __future__ import annotations

from flask import Flask


def install(app: Flask) -> None:
    """Register every command."""
    from app.cli import auction_commands, keep, mail_commands, money, operate

    for module in (operate, keep, mail_commands, money, auction_commands):
        for command in module.COMMANDS:
            app.cli.add_command(command)
