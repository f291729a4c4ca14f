"""A registration's ticket: as a page, as a picture for a phone, as a document to print."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.pdf import pdf, picture
from app.events import queries, tickets
from app.events.models import Registration
from app.web.access import bearer
from app.web.formats import locale, span

blueprint = Blueprint("tickets", __name__)


@blueprint.get("/registrations/<token>/ticket/")
@bearer
def page(token: str) -> Any:
    """The ticket. Whoever has no seats any more is led to the page that says so."""
    found = queries.registration_by_token(token) or abort(404)
    if not tickets.has_ticket(found):
        return redirect(url_for("events.registration", token=token), 303)
    return render_template(
        "events/ticket.html",
        registration=found,
        event=found.event,
        code=tickets.code_svg(found),
        short=tickets.short(found),
    )


@blueprint.get("/registrations/<token>/ticket.png")
@bearer
def image(token: str) -> Response:
    """The ticket as a picture that fits a phone's screen."""
    found = _ticket(token)
    made = picture("ticket.typ", facts(found) | {"shape": "phone"}, images=[code_for_paper(found)])
    return _file(made, "image/png", f"{found.event.slug}.png")


@blueprint.get("/registrations/<token>/ticket.pdf")
@bearer
def document(token: str) -> Response:
    """The ticket on paper, A6."""
    found = _ticket(token)
    made = pdf("ticket.typ", facts(found) | {"shape": "paper"}, images=[code_for_paper(found)])
    return _file(made, "application/pdf", f"{found.event.slug}.pdf")


def _ticket(token: str) -> Registration:
    found = queries.registration_by_token(token)
    return found if found is not None and tickets.has_ticket(found) else abort(404)


def code_for_paper(registration: Registration) -> str:
    """The code with a size of its own, as documents need it."""
    svg = str(tickets.code_svg(registration, omitsize=False, scale=4))
    return svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def facts(registration: Registration) -> dict[str, Any]:
    """What a ticket's document shows."""
    event = registration.event
    return {
        "lang": locale(),
        "title": _("Ticket: %(title)s", title=event.title),
        "accent": (event.campaign.accent if event.campaign else "") or "#5B2A86",
        "organisation": current_app.config["KERMESSE"]["ORGANISATION"],
        "event": event.title,
        "when": span(event.starts_at, event.ends_at, event.timezone, year=True),
        "place": event.place,
        "pool": registration.pool.name if registration.pool else "",
        "name": registration.name,
        "party": ngettext("admits %(num)d person", "admits %(num)d people", registration.seated),
        "short": tickets.short(registration),
        "alt": _("QR code of this ticket"),
        "words": _("Show this at the door. It opens nothing but the door."),
    }


def _file(content: bytes, mimetype: str, name: str) -> Response:
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
