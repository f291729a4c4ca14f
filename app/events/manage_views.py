"""Managing pages of campaigns, events and registrations."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.core import audit
from app.core.clock import now
from app.core.transactions import atomic
from app.events import deliveries, desk_queries, invitation_queries, queries, rules, services, wording
from app.events.asking_forms import pool_name
from app.events.forms import (
    KINDS,
    REGISTRATION_STATES,
    STATUSES,
    CampaignForm,
    CourseForm,
    EventForm,
    GuestForm,
)
from app.events.models import LIVE, Campaign, Event, EventStatus, Registration, RegistrationStatus
from app.events.programme_queries import series_choices
from app.events.seats import RegistrationRefused, terms_of
from app.partners.queries import partner_choices
from app.web.access import roles
from app.web.formats import locale
from app.web.paging import paged

blueprint = Blueprint("manage_events", __name__)
NUMBER = "<int(max=2147483647):event_id>"


@blueprint.get("/manage/events/")
@roles("organiser")
def index() -> str:
    """What needs an organiser, then all events."""
    search, status, kind = request.args.get("q", "")[:100], request.args.get("status", ""), request.args.get("kind", "")
    kept = {"q": search, "status": status, "kind": kind}
    kept |= {"when": request.args.get("when", ""), "sort": request.args.get("sort", "")}
    page = paged(desk_queries.managed_events(*kept.values()))
    return render_template(
        "events/manage/index.html",
        page=page,
        kept={name: value for name, value in kept.items() if value},
        columns=desk_queries.COLUMNS,
        concerns=[] if any(kept.values()) or page.number > 1 else desk_queries.concerns(),
        kinds=KINDS,
        statuses=STATUSES,
    )


@blueprint.route("/manage/events/new/", methods=["GET", "POST"])
@roles("organiser")
def add() -> Any:
    """Draft an event."""
    form = EventForm(**_choices())
    if form.validate_on_submit():
        with atomic():
            event = services.create_event(actor_id=current_user.id, **form.values)
        flash(_("The draft is kept. Look at it, then publish it."), "success")
        return redirect(url_for("manage_events.edit", event_id=event.id), 303)
    return render_template("events/manage/edit.html", form=form, event=None), 422 if form.errors else 200


@blueprint.route(f"/manage/events/{NUMBER}/", methods=["GET", "POST"])
@roles("organiser")
def edit(event_id: int) -> Any:
    """Change an event, and take it on its course."""
    event = _event(event_id)
    form = EventForm.of(event, **_choices())
    if form.validate_on_submit():
        try:
            with atomic():
                told = services.update_event(event_id, actor_id=current_user.id, **form.values)
        except services.SeatsInUse:
            form.capacity.errors = [
                _("People are registered or seats are kept back, so the seats must stay. Write 0 to take no more.")
            ]
        else:
            flash(_("Kept.") + " " + _told(told), "success")
            return redirect(url_for("manage_events.edit", event_id=event_id), 303)
        event = _event(event_id)
    return _edit_page(event, form, CourseForm())


@blueprint.post(f"/manage/events/{NUMBER}/publication")
@roles("organiser")
def publication(event_id: int) -> Any:
    """Publish a draft, or say that a postponed event takes place."""
    return _take(event_id, EventStatus.PUBLISHED)


@blueprint.post(f"/manage/events/{NUMBER}/postponement")
@roles("organiser")
def postponement(event_id: int) -> Any:
    """Postpone."""
    return _take(event_id, EventStatus.POSTPONED)


@blueprint.post(f"/manage/events/{NUMBER}/cancellation")
@roles("organiser")
def cancellation(event_id: int) -> Any:
    """Cancel."""
    return _take(event_id, EventStatus.CANCELLED)


@blueprint.post(f"/manage/events/{NUMBER}/completion")
@roles("organiser")
def completion(event_id: int) -> Any:
    """Record that it was held."""
    return _take(event_id, EventStatus.HELD)


def _take(event_id: int, status: EventStatus) -> Any:
    event, course = _event(event_id), CourseForm()
    if not course.validate():
        return _edit_page(event, EventForm.of(event, **_choices()), course)
    try:
        with atomic():
            told = services.set_status(event_id, status, message=course.message.data or "", actor_id=current_user.id)
        flash(f"{STATUSES[status]}. {_told(told)}", "success")
    except services.CourseRefused:
        flash(_("That cannot be done with the event as it is now. Here is how it stands."), "warning")
    return redirect(url_for("manage_events.edit", event_id=event_id), 303)


def _told(count: int) -> str:
    if not count:
        return ""
    return str(ngettext("%(num)d mail tells of it.", "%(num)d mails tell of it.", count))


def _edit_page(event: Event, form: EventForm, course: CourseForm) -> Any:
    counts = queries.counts_of(event.id)
    known = any(parties for parties, _people in counts.values())  # somebody was registered, ever
    page = render_template(
        "events/manage/edit.html",
        form=form,
        course=course,
        event=event,
        counts=counts,
        told=sum(counts[state][0] for state in LIVE) + invitation_queries.counts_of(event.id).unanswered,
        next_statuses=queries.next_statuses(event),
        can_take_back=event.status is EventStatus.HELD or (event.status is EventStatus.PUBLISHED and not known),
        statuses=STATUSES,
    )
    return page, 422 if form.errors or course.errors else 200


def _choices() -> dict[str, list[tuple[int, str]]]:
    return {"campaigns": queries.campaign_choices(), "partners": partner_choices(), "series": series_choices()}


def _event(event_id: int) -> Event:
    return queries.managed_event(event_id) or abort(404)


# Registrations


@blueprint.route(f"/manage/events/{NUMBER}/registrations/", methods=["GET", "POST"])
@roles("organiser")
def registrations(event_id: int) -> Any:
    """Who comes, who waits; and add somebody by hand."""
    event = _event(event_id)
    largest = max((rules.largest(terms_of(event, pool), by_organiser=True) for pool in event.pools), default=1)
    form = GuestForm(largest=largest, pools={pool.id: pool_name(pool) for pool in event.pools})
    if form.validate_on_submit():
        try:
            with atomic():
                person = queries.person_of(form.email.data)
                claim = services.register(
                    event_id,
                    name=form.name.data,
                    email=form.email.data,
                    party=form.party.data or 1,
                    needs=form.needs.data,
                    diet=form.diet.data,
                    locale=person.locale if person else locale(),
                    person_id=person.id if person else None,
                    operation=form.operation.data,
                    pool_id=form.where,
                    by_organiser=True,
                )
                if claim.made:
                    audit.record("register a guest", "event", event_id, current_user.id)
        except RegistrationRefused as refusal:
            form.party.errors = [refusal_words(refusal.reason)]
        else:
            flash(_added(claim.registration, claim.made), "success" if claim.made else "info")
            return redirect(url_for("manage_events.registrations", event_id=event_id), 303)
        event = _event(event_id)
    search, status = request.args.get("q", "")[:100], request.args.get("status", "")
    closed = rules.refusal(terms_of(event, event.pool), 1, now(), by_organiser=True)
    rows = paged(queries.registrations_of(event_id, search, status))
    page = render_template(
        "events/manage/registrations.html",
        event=event,
        form=form,
        page=rows,
        undelivered=deliveries.undelivered([row.email for row in rows.items]),
        counts=queries.counts_of(event_id),
        states=REGISTRATION_STATES,
        search=search,
        status=status if status in REGISTRATION_STATES else "",
        closed=closed,
        closed_words=refusal_words(closed) if closed else "",
    )
    return page, 422 if form.errors else 200


def refusal_words(reason: rules.Reason) -> str:
    """Why nobody can be registered, to an organiser."""
    words = {
        rules.Reason.NO_REGISTRATION: _("This event has no seats to register for. Give it some on its page."),
        rules.Reason.NOT_OPEN: _("This is a draft. Publish it first."),
        rules.Reason.POSTPONED: _("The event is postponed. Publish it again first."),
        rules.Reason.CANCELLED: _("The event is cancelled."),
        rules.Reason.OVER: _("The event is over."),
        rules.Reason.TOO_LARGE: _("There are fewer seats than that altogether."),
    }
    return str(words.get(reason, _("Registration is closed.")))


def _added(registration: Registration, made: bool) -> str:
    if not made:
        return str(_("%(email)s was registered already.", email=registration.email))
    if registration.status is RegistrationStatus.WAITING:
        return str(_("%(name)s is on the waiting list and is told by mail.", name=registration.name))
    return str(_("%(name)s has a seat and is told by mail.", name=registration.name))


@blueprint.post(f"/manage/events/{NUMBER}/registrations/<int(max=2147483647):registration_id>/withdrawal")
@roles("organiser")
def withdrawal(event_id: int, registration_id: int) -> Any:
    """Withdraw somebody on their behalf; they are told."""
    if queries.registration_of(event_id, registration_id) is None:
        abort(404)
    try:
        with atomic():
            services.withdraw(registration_id)
            audit.record("withdraw a guest", "registration", registration_id, current_user.id)
        flash(_("Withdrawn, and told by mail. A free seat has gone to the next who waits."), "success")
    except RegistrationRefused as refusal:
        flash(wording.withdrawal_refused(refusal.reason), "warning")
    return redirect(url_for("manage_events.registrations", event_id=event_id), 303)


# Campaigns


@blueprint.get("/manage/campaigns/")
@roles("organiser")
def campaigns() -> str:
    """All campaigns, the newest first."""
    return render_template("events/manage/campaigns.html", page=paged(queries.managed_campaigns()))


@blueprint.route("/manage/campaigns/new/", methods=["GET", "POST"])
@roles("organiser")
def add_campaign() -> Any:
    """Start a campaign."""
    form = CampaignForm(partners=partner_choices())
    if form.validate_on_submit():
        with atomic():
            services.create_campaign(actor_id=current_user.id, **form.values)
        flash(_("The campaign is kept."), "success")
        return redirect(url_for("manage_events.campaigns"), 303)
    return render_template("events/manage/campaign.html", form=form, campaign=None), 422 if form.errors else 200


@blueprint.route("/manage/campaigns/<int(max=2147483647):campaign_id>/", methods=["GET", "POST"])
@roles("organiser")
def edit_campaign(campaign_id: int) -> Any:
    """Change a campaign."""
    campaign: Campaign = queries.campaign(campaign_id) or abort(404)
    form = CampaignForm(obj=campaign, partners=partner_choices())
    if form.validate_on_submit():
        with atomic():
            services.update_campaign(campaign_id, actor_id=current_user.id, **form.values)
        flash(_("Kept."), "success")
        return redirect(url_for("manage_events.campaigns"), 303)
    return render_template("events/manage/campaign.html", form=form, campaign=campaign), 422 if form.errors else 200
