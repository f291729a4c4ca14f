"""Paper for the door: badges, and the list of who comes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.clock import now
from app.core.pdf import pdf
from app.events import papers
from app.events.asking_queries import guest_names
from app.events.door_views import EVENT, found_event
from app.events.models import Event
from app.events.ticket_views import code_for_paper
from app.web.access import roles
from app.web.formats import locale, span, stamp

blueprint = Blueprint("door_papers", __name__)


@blueprint.get(f"{EVENT}/badges.pdf")
@roles("organiser", "helper")
def badges(event_id: int) -> Any:
    """Badges, ten on a sheet of A4; with `codes=1` each carries its party's ticket."""
    event = found_event(event_id)
    rows = papers.badges_of(event)
    if not rows:
        flash(_("Nobody has a seat yet, so there is no badge to print."), "info")
        return redirect(url_for("door.doors", event_id=event_id), 303)
    coded = request.args.get("codes", "") == "1"
    images: list[str] = []
    cells = []
    for row in rows:
        place = None
        if coded and row.registration is not None:
            place = len(images)
            images.append(code_for_paper(row.registration))
        note = _("Speaks") if row.speaks and not row.note else row.note
        cells.append({"name": row.name, "note": note, "speaks": row.speaks, "code": place})
    facts = _facts(event, _("Badges: %(title)s", title=event.title)) | {
        "badges": cells,
        "alt": _("QR code of this ticket"),
    }
    return _file(pdf("badges.typ", facts, images=images), f"{event.slug}-badges.pdf")


@blueprint.get(f"{EVENT}/attendance.pdf")
@roles("organiser", "helper")
def attendance(event_id: int) -> Response:
    """The list for a door on paper: a box for each seat."""
    event = found_event(event_id)
    rows, guests = papers.seated_of(event_id), guest_names(event_id)
    facts = _facts(event, _("Who comes: %(title)s", title=event.title)) | {
        "rows": [
            {
                "name": row.name,
                "guests": ", ".join(guests.get(row.id, [])),
                "seats": row.seated,
                "arrived": row.arrived,
                "pool": row.pool.name if row.pool else "",
            }
            for row in rows
        ],
        "words": {
            "name": _("Name"), "seats": _("Seats"), "in": _("In"), "walk_ins": _("Walk-ins"),
            "printed": _("Printed %(at)s", at=stamp(now(), event.timezone)),
            "people": ngettext("%(num)d seat", "%(num)d seats", sum(row.seated for row in rows)),
            "how": _("Tick a box for each person who comes in. Enter the list at the door’s page afterwards."),
            "empty": _("Nobody has a seat yet."),
        },
    }  # fmt: skip
    return _file(pdf("attendance.typ", facts), f"{event.slug}-attendance.pdf")


def _facts(event: Event, title: str) -> dict[str, Any]:
    return {
        "lang": locale(),
        "title": title,
        "accent": (event.campaign.accent if event.campaign else "") or "#5B2A86",
        "organisation": current_app.config["KERMESSE"]["ORGANISATION"],
        "event": event.title,
        "when": span(event.starts_at, event.ends_at, event.timezone, year=True),
        "place": event.place,
    }


def _file(content: bytes, name: str) -> Response:
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
