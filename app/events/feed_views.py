"""A calendar of one's own: everything that one may see, by a secret address that can be ended."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_login import current_user

from app.core.transactions import atomic
from app.events import feeds, listing
from app.events.links import absolute
from app.web.access import bearer, signed_in

blueprint = Blueprint("feeds", __name__)


def account_section() -> dict[str, Any]:
    """The way to one's calendar, for the account page."""
    link = {"title": _("Subscribe with an address of your own"), "href": url_for("feeds.page")}
    return {"title": _("Your calendar"), "items": [link], "empty": ""}


@blueprint.get("/events/calendar/<token>.ics")
@bearer
def calendar(token: str) -> Response:
    """What the owner of the address may see."""
    reader = feeds.reader_of(token) or abort(404)
    with force_locale(reader.locale):
        answer = listing.calendar(reader, listing.asked(), current_app.config["KERMESSE"]["ORGANISATION"])
    answer.headers["Cache-Control"] = "private, no-cache"  # it may be kept, and asked about
    return answer


@blueprint.get("/account/calendar/")
@signed_in
def page() -> str:
    """One's address, to be given to a calendar."""
    feed = feeds.feed_of(current_user.id)
    address = absolute("feeds.calendar", token=feed.token) if feed else ""
    return render_template("events/own_calendar.html", address=address)


@blueprint.post("/account/calendar/address")
@signed_in
def renew() -> Any:
    """Make an address, or another one."""
    person_id = current_user.id
    with atomic():
        feeds.renew(person_id)
    flash(_("Your calendar has an address. What it had before has ended."), "success")
    return redirect(url_for("feeds.page"), 303)


@blueprint.post("/account/calendar/removal")
@signed_in
def end() -> Any:
    """End the address."""
    person_id = current_user.id
    with atomic():
        feeds.end(person_id)
    flash(_("The address has ended. Your calendar asks in vain from now on."), "success")
    return redirect(url_for("feeds.page"), 303)
