"""Looking at a draft as the public will, copying and repeating an event, and taking back a slip."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.core.clock import now
from app.core.transactions import atomic
from app.events import queries, services
from app.events.cloning import repeat
from app.events.models import Event
from app.events.planning_forms import CopyForm
from app.events.programme_queries import series_choices
from app.events.series import NotADraft, throw_away
from app.events.timing import Rhythm, days
from app.events.views import event_page
from app.web.access import roles

blueprint = Blueprint("planning", __name__)
NUMBER = "<int(max=2147483647):event_id>"


@blueprint.get(f"/manage/events/{NUMBER}/preview/")
@roles("organiser")
def preview(event_id: int) -> Any:
    """The event's page as the public sees it once it is published."""
    return event_page(_event(event_id), preview=True)


@blueprint.route(f"/manage/events/{NUMBER}/copies/", methods=["GET", "POST"])
@roles("organiser")
def copies(event_id: int) -> Any:
    """Draft the event once more, or as a series."""
    event = _event(event_id)
    form = CopyForm(data={"starts_at": _next_month(event)}, event=event, series=series_choices())
    if form.validate_on_submit() and form.starts_at.data:
        with atomic():
            made = repeat(
                event_id,
                form.starts_at.data,
                Rhythm(form.rhythm.data),
                form.times.data or 1,
                series_id=form.series_id.data or None,
                actor_id=current_user.id,
            )
            first, series_id = made[0].id, made[0].series_id
        if len(made) == 1:
            flash(_("The copy is a draft. Nobody who came to the first is registered for it."), "success")
            return redirect(url_for("manage_events.edit", event_id=first), 303)
        words = ngettext("%(num)d draft is in the series.", "%(num)d drafts are in the series.", len(made))
        flash(words + " " + _("Look each over, then publish it."), "success")
        return redirect(url_for("series.edit", series_id=series_id), 303)
    return render_template("events/manage/copies.html", form=form, event=event), 422 if form.errors else 200


@blueprint.post(f"/manage/events/{NUMBER}/return")
@roles("organiser")
def take_back(event_id: int) -> Any:
    """Undo a publication that nobody has followed yet, or that it was held."""
    _event(event_id)
    try:
        with atomic():
            services.take_back(event_id, current_user.id)
        flash(_("Taken back."), "success")
    except services.CourseRefused:
        flash(
            _("Somebody is registered or invited already, so this cannot be taken back. You can cancel it."), "warning"
        )
    return redirect(url_for("manage_events.edit", event_id=event_id), 303)


@blueprint.post(f"/manage/events/{NUMBER}/removal")
@roles("organiser")
def removal(event_id: int) -> Any:
    """Throw a draft away."""
    _event(event_id)
    try:
        with atomic():
            throw_away(event_id, current_user.id)
    except NotADraft:
        flash(_("Only a draft can be thrown away. Cancel the event instead, so that everybody is told."), "warning")
        return redirect(url_for("manage_events.edit", event_id=event_id), 303)
    flash(_("The draft is gone."), "success")
    return redirect(url_for("manage_events.index"), 303)


def _next_month(event: Event) -> datetime | None:
    """The same weekday of the next month by the same clock, unless that has gone by."""
    day = days(event.local_start.date(), Rhythm.MONTH_WEEK, 2)[1]
    zone = ZoneInfo(event.timezone)
    start = datetime.combine(day, event.local_start.time(), zone).astimezone(UTC)
    return start if start > now() else None


def _event(event_id: int) -> Event:
    return queries.managed_event(event_id) or abort(404)
