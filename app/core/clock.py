"""The only place that reads the time. Always aware and in UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time of this process, in UTC. Read it after taking a lock, never before."""
    return datetime.now(UTC)
