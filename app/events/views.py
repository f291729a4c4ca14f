"""Public pages of events, registering, and a registration's own page."""

from __future__ import annotations

from dataclasses import replace
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

from app.accounts.models import Person
from app.accounts.services import rename
from app.accounts.views import ask_to_sign_in
from app.core.clock import now
from app.core.transactions import atomic, locked
from app.events import asking, calendars, listing, own_page, queries, rules, services, wording
from app.events.after_views import after_event
from app.events.asking_forms import PartyForm, party_form, words_for_pools
from app.events.asking_queries import Desk, desk_of
from app.events.forms import KINDS
from app.events.invitation_queries import instead_of_form
from app.events.models import Event, EventStatus
from app.events.programme_queries import programme_of, series_used
from app.events.seats import RegistrationRefused, terms_of
from app.events.structured import data_of
from app.web.access import bearer, public
from app.web.errors import page as error_page
from app.web.formats import locale
from app.web.limits import limiter
from app.web.paging import paged
from app.web.typed import forget_typed, typed_for
from app.web.worded import facts_of, worded

blueprint = Blueprint("events", __name__)
PER_PAGE, LATELY = 30, 6


@blueprint.app_template_filter("short_month")
def short_month(local: datetime) -> str:
    """`Mar`, or `May 2006` when it is another year; of a time in the zone that matters."""
    return str(format_date(local.date(), "MMM" if local.year == now().year else "MMM y", locale=locale()))


@blueprint.get("/events/")
@public
def index() -> str:
    """What comes, by month, then the last of what was; or all that was."""
    filters = listing.asked()
    gone = filters.when == listing.PAST
    page = paged((listing.past if gone else listing.ahead_query)(current_user, filters), PER_PAGE)
    lately = [] if gone or filters.when or page.has_next else listing.lately(current_user, filters, LATELY)
    return render_template(
        "events/index.html",
        filters=filters,
        page=page,
        months=_months(page.items),
        past=lately,
        kinds=KINDS,
        used=queries.kinds_used(current_user),
        campaigns=queries.published_campaigns(),
        series=series_used(current_user),
    )


@blueprint.get("/events/calendar.ics")
@public
def calendar() -> Response:
    """All events that the reader may see, or those that fit the filters of the list, to subscribe to."""
    return listing.calendar(current_user, listing.asked(), current_app.config["KERMESSE"]["ORGANISATION"])


@blueprint.get("/events/<slug>/")
@public
def page(slug: str) -> Any:
    """One event."""
    event = _found(slug)
    return event_page(event)


@blueprint.get("/events/<slug>/event.ics")
@public
def entry(slug: str) -> Response:
    """One event for a calendar."""
    event = _found(slug)
    return _calendar(calendars.feed([event], event.title), event.slug)


@blueprint.post("/events/<slug>/registrations")
@public
@limiter.limit("400/hour", exempt_when=lambda: current_user.is_authenticated)
def register(slug: str) -> Any:
    """Register. Somebody without a session proves their address first and comes back to what they typed."""
    event = _found(slug)
    invitation = instead_of_form(event, current_user)
    if invitation is not None:  # it says for how many, and may have seats of its own
        return redirect(url_for("invitations.page", token=invitation.token), 303)
    desk = desk_of(event)
    form = _form(event, desk, request.form)
    closed = rules.refusal(terms_of(event, event.pool), 1, now())
    if closed is not None:
        return _refused(event, desk, form, closed)
    if not form.validate():
        return event_page(event, desk, form, 422)
    if not current_user.is_authenticated:
        return ask_to_sign_in(url_for("events.page", slug=slug), email=form.email.data)
    # Read before `atomic`, which would have to load them again.
    event_id, person_id, email = event.id, current_user.id, current_user.email
    nameless, language = not current_user.name, current_user.locale
    answers, guests, values = form.answers, form.guest_names if "guests" in form else [], form.values
    try:
        with atomic():
            claim = services.register(
                event_id,
                email=email,
                party=form.party.data or 1,
                locale=language,
                person_id=person_id,
                operation=form.operation.data,
                **values,
            )
            if claim.made:
                asking.first_words(claim.registration.id, answers, guests)
            if nameless:
                rename(locked(Person, person_id), form.name.data, language)
            forget_typed()
    except RegistrationRefused as refusal:
        event = _found(slug)
        return _refused(event, desk_of(event), form, refusal.reason)
    flash(*wording.outcome(claim.registration, claim.made))
    return redirect(url_for("events.registration", token=claim.registration.token), 303)


@blueprint.get("/registrations/<token>/")
@bearer
def registration(token: str) -> str:
    """A registration's own page: for whoever holds its address."""
    found = queries.registration_by_token(token) or abort(404)
    return own_page.page(found)


@blueprint.get("/registrations/<token>/event.ics")
@bearer
def own_entry(token: str) -> Response:
    """The event for the calendar of somebody who holds a seat."""
    found = queries.registration_by_token(token)
    if found is None or not found.seated:
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
    except RegistrationRefused as refusal:
        flash(wording.withdrawal_refused(refusal.reason), "warning")
    return redirect(url_for("events.registration", token=token), 303)


def _months(events: list[Event]) -> list[tuple[str, list[Event]]]:
    return [
        (
            str(format_date(month, "LLLL y", locale=locale())).capitalize() if month else _("A new date will be found"),
            found,
        )
        for month, found in listing.by_month(events)
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
    name = current_app.config["KERMESSE"].sign_in_through
    back = url_for("sso.start", next=url_for("events.page", slug=slug)) if name else ""
    way = (_("Sign in through %(name)s", name=name), back) if name else None
    return abort(make_response(error_page(403, *words, way)))


def _form(event: Event, desk: Desk, typed: Any, *, stranger: bool = False) -> PartyForm:
    known = current_user.is_authenticated and not stranger
    return party_form(
        event,
        desk.questions,
        typed,
        high=max((rules.largest(terms_of(event, pool)) for pool in event.pools), default=1),
        known=known,
        pools=words_for_pools(event.pools, desk.waiting),
        name=current_user.name if known else "",
    )


def event_page(
    event: Event, desk: Desk | None = None, form: PartyForm | None = None, status: int = 200, *, preview: bool = False
) -> Any:
    """The page of an event; `form` as it was sent. `preview`: as a stranger will see it once it is published.

    Strangers all read the same: it is worded once for the facts below (app/web/worded.py). Whatever the page and the parts
    that it includes show must be among them, rows as a whole.
    """
    desk = desk or desk_of(event)
    terms = terms_of(event, event.pool)
    if preview and event.status is EventStatus.DRAFT:
        terms = replace(terms, status=EventStatus.PUBLISHED)
    shown: dict[str, Any] = {
        "closed": rules.refusal(terms, 1, now()),
        "over": now() >= event.ends_at,
        "free": sum(pool.free for pool in event.pools),
        "waiting": sum(desk.waiting.values()),
        "programme": programme_of(event.id),
    }
    after = after_event(event)
    facts = (
        *shown.values(),
        event.takes_registrations,
        facts_of(event, event.campaign, event.series),
        facts_of(*event.pools),
        facts_of(*event.co_organisers),
        facts_of(*desk.questions),
        tuple(desk.waiting.items()),
        repr(after),
    )

    def render() -> str:
        known = form or _form(event, desk, None if preview else typed_for(request.path), stranger=preview)
        return render_template(
            "events/page.html",
            event=event,
            form=known,
            accent=event.campaign.accent if event.campaign else "",
            typed=not preview and request.method == "GET" and known.party.raw_data is not None,
            mine=None if preview else queries.live_registration(event.id, current_user),
            invitation=None if preview else instead_of_form(event, current_user),
            closes_at=terms.closes_at or terms.starts_at,
            kinds=KINDS,
            preview=preview,
            after=after,
            data=None if preview else data_of(event, shown["programme"]),
            **shown,
        )

    return (render() if form or preview else worded(render, *facts)), status


def _refused(event: Event, desk: Desk, form: PartyForm, reason: rules.Reason) -> Any:
    """The page as it is now, with why."""
    form.questions = desk.questions
    if reason is rules.Reason.TOO_LARGE:
        form.party.errors = [_("That is more than we can seat together. Write a smaller number.")]
        return event_page(event, desk, form, 422)
    if reason is rules.Reason.NO_REGISTRATION:
        flash(_("Nobody needs to register for this event: just come."), "info")
    return event_page(event, desk, form, 409)


def _calendar(content: bytes, name: str = "calendar") -> Response:
    response = Response(content, mimetype="text/calendar")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.ics"'
    return response
