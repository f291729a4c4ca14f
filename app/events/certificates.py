"""Certificates of attendance, in PDF."""

from __future__ import annotations

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from app.core.clock import now
from app.core.pdf import pdf
from app.events import rules
from app.events.models import Event, EventStatus, Registration
from app.web.formats import day, locale, span

HOUSE_ACCENT = "#5B2A86"


def has_certificate(registration: Registration) -> bool:
    """Whether somebody may have one: the event was held and they were counted in."""
    event = registration.event
    return event.certificates and event.status is EventStatus.HELD and registration.arrived > 0


def certificate(registration: Registration) -> bytes:
    """The certificate of somebody who came, in the language of their letters."""
    event = registration.event
    with force_locale(registration.locale):
        return pdf("certificate.typ", _facts(event, registration))


def _facts(event: Event, registration: Registration) -> dict[str, object]:
    accent = event.campaign.accent if event.campaign else ""
    partners = ", ".join(partner.name for partner in event.co_organisers)
    return {
        "lang": locale(),
        "title": _("Certificate of attendance: %(title)s", title=event.title),
        "accent": accent if rules.is_colour(accent) else HOUSE_ACCENT,
        "organisation": current_app.config["KERMESSE"]["ORGANISATION"],
        "name": registration.name,
        "event": event.title,
        "when": span(event.starts_at, event.ends_at, event.timezone, year=True),
        "place": event.place,
        "with": _("Organised with %(partners)s", partners=partners) if partners else "",
        "words": {
            "heading": _("Certificate of attendance"),
            "confirms": _("We confirm that"),
            "attended": _("took part in"),
            "issued": _("Issued on %(day)s", day=day(now(), event.timezone, year=True)),
            "number": _("Reference %(number)s", number=f"{event.id}-{registration.id}"),
        },
    }
