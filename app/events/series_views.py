"""Series of events: the public page and calendar of each, and their management."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.core.transactions import atomic
from app.events import listing, series
from app.events import programme_queries as reads
from app.events.forms import KINDS, STATUSES
from app.events.models import Series
from app.events.planning_forms import PutInForm, SeriesForm
from app.web.access import public, roles
from app.web.paging import paged

blueprint = Blueprint("series", __name__)
NUMBER = "<int(max=2147483647):series_id>"


@blueprint.get("/events/series/<slug>/")
@public
def page(slug: str) -> str:
    """What comes in a series, and what was."""
    found: Series = reads.series_for(current_user, slug) or abort(404)
    filters = listing.Filters(series=slug)
    return render_template(
        "events/series.html",
        series=found,
        ahead=listing.ahead(current_user, filters),
        past=paged(listing.past(current_user, filters), 20),
        kinds=KINDS,
    )


@blueprint.get("/events/series/<slug>/calendar.ics")
@public
def calendar(slug: str) -> Response:
    """A series to subscribe to."""
    found: Series = reads.series_for(current_user, slug) or abort(404)
    return listing.calendar(current_user, listing.Filters(series=slug), found.title)


@blueprint.get("/manage/series/")
@roles("organiser")
def index() -> str:
    """All series, by title."""
    return render_template("events/manage/series_list.html", rows=reads.managed_series())


@blueprint.route("/manage/series/new/", methods=["GET", "POST"])
@roles("organiser")
def add() -> Any:
    """Begin a series."""
    form = SeriesForm()
    if form.validate_on_submit():
        actor_id = current_user.id
        with atomic():
            made = series.create_series(title=form.title.data, summary=form.summary.data, actor_id=actor_id)
            number = made.id
        flash(_("The series is kept. Put its events in."), "success")
        return redirect(url_for("series.edit", series_id=number), 303)
    return render_template("events/manage/series.html", form=form, series=None), 422 if form.errors else 200


@blueprint.route(f"/manage/series/{NUMBER}/", methods=["GET", "POST"])
@roles("organiser")
def edit(series_id: int) -> Any:
    """Change a series."""
    found = _series(series_id)
    form = SeriesForm(data={"title": found.title, "summary": found.summary})
    if form.validate_on_submit():
        actor_id = current_user.id
        with atomic():
            series.update_series(series_id, title=form.title.data, summary=form.summary.data, actor_id=actor_id)
        flash(_("Kept."), "success")
        return redirect(url_for("series.edit", series_id=series_id), 303)
    return _edit_page(found, form, PutInForm(None, events=reads.events_without_series()))


@blueprint.post(f"/manage/series/{NUMBER}/events")
@roles("organiser")
def put_in(series_id: int) -> Any:
    """Put an event into the series."""
    found = _series(series_id)
    form = PutInForm(events=reads.events_without_series())
    if not form.validate():
        return _edit_page(found, SeriesForm(None, data={"title": found.title, "summary": found.summary}), form)
    actor_id = current_user.id
    with atomic():
        series.put_in(series_id, form.event_id.data, actor_id)
    flash(_("It is in the series."), "success")
    return redirect(url_for("series.edit", series_id=series_id), 303)


@blueprint.post(f"/manage/series/{NUMBER}/events/<int(max=2147483647):event_id>/removal")
@roles("organiser")
def take_out(series_id: int, event_id: int) -> Any:
    """Take an event out of the series; the event stays."""
    if event_id not in {event.id for event in reads.events_in(series_id)}:
        abort(404)
    actor_id = current_user.id
    with atomic():
        series.put_in(None, event_id, actor_id)
    flash(_("It is out of the series. The event itself stays."), "success")
    return redirect(url_for("series.edit", series_id=series_id), 303)


@blueprint.post(f"/manage/series/{NUMBER}/removal")
@roles("organiser")
def remove(series_id: int) -> Any:
    """Forget the series; its events stay."""
    _series(series_id)
    actor_id = current_user.id
    with atomic():
        series.end_series(series_id, actor_id)
    flash(_("The series is gone. Its events stay."), "success")
    return redirect(url_for("series.index"), 303)


def _edit_page(found: Series, form: SeriesForm, putting: PutInForm) -> Any:
    page = render_template(
        "events/manage/series.html",
        series=found,
        form=form,
        putting=putting,
        events=reads.events_in(found.id),
        statuses=STATUSES,
    )
    return page, 422 if form.errors or putting.errors else 200


def _series(series_id: int) -> Series:
    return reads.series(series_id) or abort(404)
