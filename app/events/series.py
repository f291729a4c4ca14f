"""Commands on series, and throwing away a draft."""

from __future__ import annotations

from sqlalchemy import delete, update

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.transactions import locked
from app.events.models import Event, EventStatus, Series
from app.partners.services import add_with_slug


class NotADraft(Exception):
    """The event was published, so it cannot be thrown away."""


def create_series(*, title: str, summary: str = "", actor_id: int | None) -> Series:
    """Begin a series; its address is made from its title."""
    series = Series(title=title, summary=summary)
    add_with_slug(series, title, "series")
    db.session.flush()
    audit.record("begin series", "series", series.id, actor_id)
    return series


def update_series(series_id: int, *, title: str, summary: str, actor_id: int | None) -> None:
    """Change a series' words; its address stays. Raises LookupError."""
    series: Series | None = locked(Series, series_id)
    if series is None:
        raise LookupError(series_id)
    series.title, series.summary = title, summary
    audit.record("edit series", "series", series_id, actor_id)


def put_in(series_id: int | None, event_id: int, actor_id: int | None) -> None:
    """Put an event into a series, or with None take it out of its own. Raises LookupError."""
    event: Event | None = locked(Event, event_id)
    if event is None or (series_id is not None and db.session.get(Series, series_id) is None):
        raise LookupError(event_id)
    event.series_id, event.updated_at = series_id, now()
    audit.record("put into series" if series_id else "take out of series", "event", event_id, actor_id)


def end_series(series_id: int, actor_id: int | None) -> None:
    """Forget a series; its events stay. Raises LookupError."""
    if locked(Series, series_id) is None:
        raise LookupError(series_id)
    db.session.execute(update(Event).where(Event.series_id == series_id).values(series_id=None))
    db.session.execute(delete(Series).where(Series.id == series_id))
    audit.record("end series", "series", series_id, actor_id)


def throw_away(event_id: int, actor_id: int | None) -> None:
    """Delete a draft with all that hangs on it: a copy too many, a slip. Raises LookupError; NotADraft for whatever is
    or was open to somebody."""
    event: Event | None = locked(Event, event_id)
    if event is None:
        raise LookupError(event_id)
    if event.status is not EventStatus.DRAFT:
        raise NotADraft
    audit.record("throw away draft", "event", event_id, actor_id)
    db.session.execute(delete(Event).where(Event.id == event_id))
