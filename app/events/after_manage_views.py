"""Managing the time after an event: what is shown of it, who came, what they thought, and who took part in counts."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import select

from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import attendance, composition, feedback, queries, remains
from app.events.after_forms import COUNTED, STAGES, AfterForm, PanelForm, attendance_form
from app.events.models import Event, Registration
from app.events.programme_queries import speakers_of
from app.web.access import roles
from app.web.paging import paged
from app.web.sheets import sheet_response

blueprint = Blueprint("manage_after", __name__)
EVENT = "/manage/events/<int(max=2147483647):event_id>"
YEAR = "<int(min=1970, max=2200):year>"
ROW_ID = re.compile(r"\d{1,9}", re.ASCII)
MOST_SENT = 200


@blueprint.app_template_global("panel_is_of_one_sex")
def panel_is_of_one_sex(event: Event) -> bool:
    """Whether an organiser is to be asked about the panel before they publish the event."""
    return composition.panel_is_of_one_sex(event.id)


@blueprint.route(f"{EVENT}/after/", methods=["GET", "POST"])
@roles("organiser")
def page(event_id: int) -> Any:
    """What remains of an event, and what is shown of it."""
    event = _event(event_id)
    form = AfterForm(event=event, declared=composition.anything_declared(event_id))
    if form.validate_on_submit():
        with atomic():
            remains.decide_after(event_id, actor_id=current_user.id, **form.values)
        flash(_("Kept."), "success")
        return redirect(url_for("manage_after.page", event_id=event_id), 303)
    page = render_template(
        "events/manage/after.html",
        event=_event(event_id),
        form=form,
        came=attendance.attendance(event_id),
        answers=feedback.answers_of(event_id),
        begun=attendance.has_begun(event),
    )
    return page, 422 if form.errors else 200


@blueprint.route(f"{EVENT}/attendance/", methods=["GET", "POST"])
@roles("organiser")
def attended(event_id: int) -> Any:
    """Who came, party by party, to be corrected."""
    event = _event(event_id)
    search = request.args.get("q", "")[:100].strip()
    found = paged(attendance.seated_parties(event_id, search))
    if request.method == "GET":
        return _attendance_page(event, found, attendance_form(found.items), search)
    rows = _sent_rows(event_id)
    form = attendance_form(rows, request.form)
    if form.validate():
        arrived = {row.id: int(form[f"came_{row.id}"].data) for row in rows}
        try:
            with atomic():
                changed = attendance.note_attendance(event_id, arrived, actor_id=current_user.id)
        except attendance.NotYet:
            flash(_("The event has not begun, so nobody can have come yet."), "warning")
        else:
            flash(ngettext("Kept: %(num)d party changed.", "Kept: %(num)d parties changed.", changed), "success")
        return redirect(url_for("manage_after.attended", event_id=event_id, q=search or None, page=found.number), 303)
    found.items[:] = rows
    return _attendance_page(event, found, form, search)


def _sent_rows(event_id: int) -> list[Registration]:
    """The parties that the form names; another event's do not exist here. One that withdrew meanwhile is left out."""
    ids = [int(text) for text in request.form.getlist("row")[:MOST_SENT] if ROW_ID.fullmatch(text)]
    named = select(Registration.id).where(Registration.id.in_(ids), Registration.event_id != event_id)
    if db.session.scalar(named.limit(1)) is not None:
        abort(404)
    return list(db.session.scalars(attendance.seated_parties(event_id).where(Registration.id.in_(ids))))


def _attendance_page(event: Event, found: Any, form: Any, search: str) -> Any:
    page = render_template(
        "events/manage/attendance.html",
        event=event,
        page=found,
        form=form,
        search=search,
        came=attendance.attendance(event.id),
        begun=attendance.has_begun(event),
    )
    return page, 422 if form.errors else 200


@blueprint.post(f"{EVENT}/attendance/everybody")
@roles("organiser")
def everybody(event_id: int) -> Any:
    """Count in everybody who was not."""
    _event(event_id)
    try:
        with atomic():
            changed = attendance.everybody_came(event_id, actor_id=current_user.id)
        words = ngettext("%(num)d party is counted in.", "%(num)d parties are counted in.", changed)
        flash(words + " " + _("Correct whoever did not come."), "success")
    except attendance.NotYet:
        flash(_("The event has not begun, so nobody can have come yet."), "warning")
    return redirect(url_for("manage_after.attended", event_id=event_id), 303)


@blueprint.get(f"{EVENT}/feedback/")
@roles("organiser")
def results(event_id: int) -> str:
    """What people thought, once enough of them have said so."""
    event = _event(event_id)
    return render_template(
        "events/manage/feedback.html", event=event, results=feedback.results_of(event), over=now() >= event.ends_at
    )


@blueprint.route(f"{EVENT}/composition/", methods=["GET", "POST"])
@roles("organiser")
def composed(event_id: int) -> Any:
    """Who took part, in counts of what people said of themselves; and the organiser's own count of the panel."""
    event = _event(event_id)
    form = PanelForm(data=composition.panel_by_hand(event_id))
    if form.validate_on_submit():
        with atomic():
            composition.count_panel(event_id, form.values, actor_id=current_user.id)
        flash(_("Kept."), "success")
        return redirect(url_for("manage_after.composed", event_id=event_id), 303)
    page = render_template(
        "events/manage/composition.html",
        event=event,
        form=form,
        tables=composition.tables(event),
        shown_now=composition.shown_now(event),
        people=composition.people_by_stage(event_id),
        speakers=speakers_of(event_id),
        one_sex=composition.panel_is_of_one_sex(event_id),
        stages=STAGES,
        counted=COUNTED,
    )
    return page, 422 if form.errors else 200


@blueprint.get(f"{EVENT}/composition.<any(csv, xlsx):form>")
@roles("organiser")
def composition_sheet(event_id: int, form: str) -> Any:
    """An event's composition as a spreadsheet: what may be shown, and nothing else."""
    event = _event(event_id)
    header = [_("Stage"), *(str(words) for words in COUNTED.values()), _("All who answered")]
    rows = [
        (str(STAGES[stage]), *(_count(count) for count in table.cells.values()), _count(table.total))
        for stage, table in composition.tables(event).items()
    ]
    return sheet_response(f"{event.slug}-composition", form, _("Composition"), header, rows)


@blueprint.get(f"/manage/composition/{YEAR}.<any(csv, xlsx):form>")
@roles("organiser")
def composition_of_year(year: int, form: str) -> Any:
    """A year's composition as a spreadsheet, for the annual report."""
    found = composition.composition_for_year(year)
    header = [_("Year"), _("Stage"), _("How described"), _("Count"), _("Complete")]
    rows = [
        (
            year,
            str(STAGES[stage]),
            str(COUNTED[name]),
            _count(figure.count),
            _("yes") if figure.complete else _("at least"),
        )
        for stage, figures in found.figures.items()
        for name, figure in figures.items()
    ]
    return sheet_response(f"composition-{year}", form, _("Composition"), header, rows)


def _count(count: int | None) -> int | str:
    return _("not shown") if count is None else count


def _event(event_id: int) -> Event:
    return queries.managed_event(event_id) or abort(404)
