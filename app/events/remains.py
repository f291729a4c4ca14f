"""What an organiser decides about the time after an event: minutes, and what is asked, given and shown."""

from __future__ import annotations

from typing import Any

from app.core import audit
from app.core.clock import now
from app.core.transactions import locked
from app.events.models import Event

DECISIONS = (
    "minutes", "minutes_public", "outcomes_public", "feedback_asked", "feedback_public", "certificates",
    "composition_asked", "composition_public", "minimum_cell",
)  # fmt: skip


def decide_after(event_id: int, *, actor_id: int | None, **values: Any) -> Event:
    """Change what DECISIONS name. Raises LookupError."""
    event: Event | None = locked(Event, event_id)
    if event is None:
        raise LookupError(event_id)
    changed = [name for name in DECISIONS if name in values and getattr(event, name) != values[name]]
    for name in changed:
        setattr(event, name, values[name])
    if changed:
        event.updated_at = now()
        audit.record("decide what follows", "event", event_id, actor_id, changed=changed)
    return event
