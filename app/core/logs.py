"""Structured logs, one JSON line an event, in UTC. Keys that may hold a secret are dropped before writing."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

HIDDEN = ("password", "token", "secret", "maximum", "code", "email", "artist", "guardian")
# Up to what SQLAlchemy and Python say next: a value may have several lines.
DETAIL = re.compile(r"^DETAIL:.*?(?=^\[SQL:|^The above exception|^During handling|\Z)", re.MULTILINE | re.DOTALL)


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace values whose key names something that a log must not hold."""
    for key in event:
        if any(word in key.lower() for word in HIDDEN):
            event[key] = "hidden"
    return event


def hide_rows(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out of a fault what PostgreSQL adds to it: the values of the row that it refused."""
    if isinstance(event.get("exception"), str):
        event["exception"] = DETAIL.sub("DETAIL: hidden\n", event["exception"])
    return event


def configure(level: str) -> None:
    """Set up structlog for this process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide_secrets,
            structlog.processors.format_exc_info,
            hide_rows,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
