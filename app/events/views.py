"""Public pages of events, registering, and a registration's own page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from babel.dates import format_date
from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Select

from app.accounts.models import Person
from app.accounts.services import rename
from app.accounts.views import ask_to_sign_in
from app.core.clock import now
from app.core.transactions import atomic, locked
from app.events import calendars, queries, rules, services
from app.events.forms import KINDS, RegistrationForm
from app.events.invitation_queries import instead_of_form, page_for
from app.events.models import Event, Registration, RegistrationStatus
from app.events.seats import RegistrationRefused, terms_of
from app.web.access import bearer, public
from app.web.errors import page as error_page
from app.web.formats import locale
from app.web.paging import paged
from app.web.typed import forget_typed, typed_for

blueprint = Blueprint("events", __name__)
PAST_PER_PAGE = 20


@blueprint.app_template_filter("short_month")
def short_month(local: datetime) -> str:
    """`Mar`, or `May 2006` when it is another year; of a time in the zone that matters."""
    return str(format_date(local.date(), "MMM" if local.year == now().year else "MMM y", locale=locale()))


@blueprint.get("/events/")
@public
def index() -> str:
    """What comes, by month, then what was."""
    search, kind = request.args.get("q", "")[:100].strip(), request.args.get("kind", "")
    campaign = request.args.get("campaign", "")[:80]
    query = queries.listed(current_user, search, kind, campaign)
    past = paged(queries.past(query), PAST_PER_PAGE)
    return render_template(
        "events/index.html",
        months=_months(query) if past.number == 1 else [],
        past=past,
        kinds=KINDS,
        used=queries.kinds_used(current_user),
        campaigns=queries.published_campaigns(),
        search=search,
        kind=kind if kind in KINDS else "",
        campaign=campaign,
    )


@blueprint.get("/events/calendar.ics")
@public
def calendar() -> Response:
    """All events that the reader may see, to subscribe to."""
    return _calendar(calendars.feed(queries.feed_for(current_user), current_app.config["KERMESSE"]["ORGANISATION"]))


@blueprint.get("/events/<slug>/")
@public
def page(slug: str) -> Any:
    """One event."""
    event = _found(slug)
    return _page(event, _form(event, typed_for(request.path)))


@blueprint.get("/events/<slug>/event.ics")
@public
def entry(slug: str) -> Response:
    """One event for a calendar."""
    event = _found(slug)
    return _calendar(calendars.feed([event], event.title), event.slug)


@blueprint.post("/events/<slug>/registrations")
@public
def register(slug: str) -> Any:
    """Register. Somebody without a session proves their address first and comes back to what they typed."""
    event = _found(slug)
    invitation = instead_of_form(event, current_user)
    if invitation is not None:  # it says for how many, and may have seats of its own
        return redirect(url_for("invitations.page", token=invitation.token), 303)
    form = _form(event, request.form)
    closed = rules.refusal(terms_of(event, event.pool), 1, now())
    if closed is not None:
        return _refused(event, form, closed)
    if not form.validate():
        return _page(event, form, 422)
    if not current_user.is_authenticated:
        return ask_to_sign_in(url_for("events.page", slug=slug))
    # Read before `atomic`, which would have to load them again.
    event_id, person_id, email = event.id, current_user.id, current_user.email
    nameless, language = not current_user.name, current_user.locale
    try:
        with atomic():
            claim = services.register(
                event_id,
                name=form.name.data,
                email=email,
                party=form.party.data or 1,
                needs=form.needs.data,
                locale=language,
                person_id=person_id,
                operation=form.operation.data,
            )
            if nameless:
                rename(locked(Person, person_id), form.name.data, language)
            forget_typed()
    except RegistrationRefused as refusal:
        return _refused(_found(slug), form, refusal.reason)
    flash(*_outcome(claim.registration, claim.made))
    return redirect(url_for("events.registration", token=claim.registration.token), 303)


@blueprint.get("/registrations/<token>/")
@bearer
def registration(token: str) -> str:
    """A registration's own page: for whoever holds its address."""
    found = queries.registration_by_token(token) or abort(404)
    waits = found.status is RegistrationStatus.WAITING
    return render_template(
        "events/registration.html",
        registration=found,
        page=page_for(found, current_user),
        event=found.event,
        position=queries.position(found) if waits else 0,
        over=now() >= found.event.ends_at,
    )


@blueprint.get("/registrations/<token>/event.ics")
@bearer
def own_entry(token: str) -> Response:
    """The event for the calendar of somebody who holds a seat."""
    found = queries.registration_by_token(token)
    if found is None or found.status is not RegistrationStatus.CONFIRMED:
        abort(404)
    return _calendar(calendars.own_entry(found.event, found), found.event.slug)


@blueprint.post("/registrations/<token>/withdrawal")
@bearer
def withdrawal(token: str) -> Any:
    """Give the seats back."""
    found = queries.registration_by_token(token) or abort(404)
    try:
        with atomic():
            services.withdraw(found.id)
        flash(_("Your registration is withdrawn. Thank you for telling us: somebody else can come now."), "success")
    except RegistrationRefused:
        flash(_("The event is over, so there is nothing to withdraw from."), "warning")
    return redirect(url_for("events.registration", token=token), 303)


def _months(query: Select[Event]) -> list[tuple[str, list[Event]]]:
    return [
        (str(format_date(month, "LLLL y", locale=locale())).capitalize(), events)
        for month, events in queries.by_month(queries.to_come(query))
    ]


def _found(slug: str) -> Event:
    """The event if this visitor may see it. A staff event asks a stranger to sign in, and says plainly to somebody
    who is not staff that it is for staff; every other event that one may not see is not there."""
    event = queries.event_for(current_user, slug)
    if event is not None:
        return event
    if not queries.is_for_staff(slug):
        abort(404)
    if not current_user.is_authenticated:
        flash(_("This event is for staff. Sign in with your work address to see it."), "info")
        abort(ask_to_sign_in(url_for("events.page", slug=slug), keep=False))
    words = (_("This event is for staff"), _("You are signed in with an address outside the organisation."))
    return abort(make_response(error_page(403, *words)))


def _form(event: Event, typed: Any) -> RegistrationForm:
    largest = rules.largest(terms_of(event, event.pool))
    known = current_user.is_authenticated
    return RegistrationForm(typed, largest=largest, known=known, name=current_user.name if known else "")


def _page(event: Event, form: RegistrationForm, status: int = 200) -> Any:
    terms = terms_of(event, event.pool)
    text = render_template(
        "events/page.html",
        event=event,
        form=form,
        accent=event.campaign.accent if event.campaign else "",
        typed=request.method == "GET" and form.party.raw_data is not None,
        mine=queries.live_registration(event.id, current_user),
        invitation=instead_of_form(event, current_user),
        closed=rules.refusal(terms, 1, now()),
        closes_at=terms.closes_at or terms.starts_at,
        waiting=queries.waiting_count(event.id) if event.pool and not event.pool.free else 0,
        kinds=KINDS,
        over=now() >= event.ends_at,
    )
    return text, status


def _refused(event: Event, form: RegistrationForm, reason: rules.Reason) -> Any:
    """The page as it is now, with why."""
    if reason is rules.Reason.TOO_LARGE:
        form.party.errors = [_("That is more than we can seat together. Write a smaller number.")]
        return _page(event, form, 422)
    if reason is rules.Reason.NO_REGISTRATION:
        flash(_("Nobody needs to register for this event: just come."), "info")
    return _page(event, form, 409)


def _outcome(registration: Registration, made: bool) -> tuple[str, str]:
    waits = registration.status is RegistrationStatus.WAITING
    if registration.status is RegistrationStatus.WITHDRAWN:
        return _("This registration was withdrawn. To come after all, register again on the event's page."), "warning"
    if not made:
        return _("You had registered already: here it is."), "info"
    if waits:
        return _("It is full, so you are on the waiting list. We mail you as soon as you have a seat."), "info"
    return _("You have a seat. See you there!"), "success"


def _calendar(content: bytes, name: str = "calendar") -> Response:
    response = Response(content, mimetype="text/calendar")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.ics"'
    return response
