"""What the house says at the door: in words for a page without scripts, in facts for a device, which has words of its own."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.events.door import Told
from app.events.models import Event
from app.web.formats import time


def facts(told: Told) -> dict[str, Any]:
    """What a device is told of its scan."""
    registration, before = told.registration, told.before
    return {
        "id": told.scan,
        "word": told.word,
        "reason": told.reason,
        "conflict": told.conflict,
        "people": told.people,
        "registration": registration.id if registration else None,
        "name": registration.name if registration else "",
        "seats": registration.seated if registration else 0,
        "arrived": registration.arrived if registration else 0,
        "before": [int(before.scanned_at.timestamp()), before.door.name if before.door else ""] if before else None,
        "keeper": told.keeper.name if told.keeper else "",
    }


def said(told: Told, event: Event) -> tuple[str, str]:
    """(words, kind of notice) for whoever stands at the door."""
    name = told.registration.name if told.registration else ""
    if told.word == "admitted" and told.registration is not None:
        arrived, seats = told.registration.arrived, told.registration.seated
        words = _("Welcome, %(name)s: %(arrived)s of %(seats)s are in.", name=name, arrived=arrived, seats=seats)
        return words, "success"
    if told.word == "again":
        return (
            f"{_('%(name)s: everybody on this ticket is in already.', name=name)} {_before(told, event)}".strip(),
            "warning",
        )
    if told.word == "beyond" and told.registration is not None:
        left = told.registration.seated - told.registration.arrived
        return _("%(name)s: only %(left)s more may come in on this ticket.", name=name, left=left), "warning"
    if told.word == "elsewhere" and told.keeper is not None:
        words = _(
            "%(name)s: the door %(door)s has no network and keeps this ticket. Send them there, or wait for its network.",
            name=name, door=told.keeper.name,
        )  # fmt: skip
        return words, "warning"
    return not_valid_words(told), "danger"


def not_valid_words(told: Told) -> str:
    """Why nobody comes in by this."""
    name = told.registration.name if told.registration else ""
    words = {
        "other_event": _("This ticket is for another event."),
        "waiting": _("%(name)s is on the waiting list and has no seat yet.", name=name),
        "withdrawn": _("%(name)s gave this registration back.", name=name),
        "online": _("%(name)s has a seat online, and none in a room.", name=name),
        "full": _("There is no free seat left."),
    }
    if told.word == "undone":
        return str(_("This was taken back."))
    return str(words.get(told.reason, _("This is no ticket of ours. Look for their name.")))


def _before(told: Told, event: Event) -> str:
    if told.before is None:
        return ""
    at = time(told.before.scanned_at, event.timezone)
    if told.before.door is None:
        return str(_("Admitted at %(time)s.", time=at))
    return str(_("Admitted at %(time)s at the door %(door)s.", time=at, door=told.before.door.name))
