"""Kermesse: outreach for a small team. `create_app` is the only thing here."""

from __future__ import annotations

from flask import Flask

from app.config import Config


def create_app(config: Config | None = None) -> Flask:
    """The application, complete. Raises ConfigError or UnmarkedRoute rather than start half right."""
    from app import config as settings
    from app import wiring

    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    wiring.wire(app, config or settings.read())
    return app
