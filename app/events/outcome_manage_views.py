"""Managing outcomes: those of an event, those of all, and the follow-up of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.core.database import db
from app.core.transactions import atomic
from app.events import outcome_queries, outcomes, queries
from app.events.models import Event, Outcome, OutcomeStatus
from app.events.outcome_forms import COLOURS, KINDS, STATES, FollowUpForm, OutcomeForm
from app.web.access import roles
from app.web.formats import locale, stamp
from app.web.forms import row_id
from app.web.paging import paged
from app.web.sheets import sheet_response

blueprint = Blueprint("manage_outcomes", __name__)
ONE = "/manage/outcomes/<int(max=2147483647):outcome_id>"
OF_EVENT = "/manage/events/<int(max=2147483647):event_id>/outcomes"


@blueprint.get("/manage/outcomes/")
@roles("organiser")
def index() -> str:
    """What was recommended at all events: what is overdue first."""
    search, status, event_id = _filters()
    return render_template(
        "events/manage/outcomes.html",
        page=paged(outcome_queries.outcomes(search, status, event_id)),
        search=search,
        status=status,
        event_id=event_id,
        events=outcome_queries.events_with_outcomes(),
        **_words(),
    )


@blueprint.get("/manage/outcomes.<any(csv, xlsx):form>")
@roles("organiser")
def sheet(form: str) -> Any:
    """The list as it is filtered, as a spreadsheet."""
    return _sheet("outcomes", form, db.session.scalars(outcome_queries.outcomes(*_filters())))


def _filters() -> tuple[str, str, int]:
    status = request.args.get("status", "running")
    known = {"running", outcome_queries.OVERDUE, "all", *OutcomeStatus}
    try:
        event_id = row_id(request.args.get("event") or "0")
    except ValueError:
        event_id = 0
    return request.args.get("q", "")[:100].strip(), status if status in known else "running", event_id


@blueprint.route(f"{OF_EVENT}/", methods=["GET", "POST"])
@roles("organiser")
def of_event(event_id: int) -> Any:
    """One event's outcomes, and recording another."""
    event = _event(event_id)
    form = OutcomeForm(locale=locale())
    if form.validate_on_submit():
        with atomic():
            made = outcomes.record_outcome(event_id, actor_id=current_user.id, **form.values)
            number = made.number
        flash(_("Number %(number)s is recorded.", number=number), "success")
        return redirect(url_for("manage_outcomes.of_event", event_id=event_id), 303)
    found = outcome_queries.outcomes_of(event_id)
    page = render_template(
        "events/manage/event_outcomes.html",
        event=event,
        form=form,
        outcomes=found,
        counts=outcome_queries.counts(found),
        **_words(),
    )
    return page, 422 if form.errors else 200


@blueprint.get(f"{OF_EVENT}.<any(csv, xlsx):form>")
@roles("organiser")
def sheet_of_event(event_id: int, form: str) -> Any:
    """One event's outcomes as a spreadsheet."""
    return _sheet(f"{_event(event_id).slug}-outcomes", form, outcome_queries.outcomes_of(event_id))


@blueprint.route(f"{ONE}/", methods=["GET", "POST"])
@roles("organiser")
def edit(outcome_id: int) -> Any:
    """Change an outcome; its follow-up stands beside it."""
    found = _outcome(outcome_id)
    form = OutcomeForm(obj=found)
    if form.validate_on_submit():
        with atomic():
            outcomes.change_outcome(outcome_id, actor_id=current_user.id, **form.values)
        flash(_("Kept."), "success")
        return redirect(url_for("manage_outcomes.edit", outcome_id=outcome_id), 303)
    return _page(found, form, _step_form(found))


@blueprint.post(f"{ONE}/notes")
@roles("organiser")
def follow_up(outcome_id: int) -> Any:
    """Note a step."""
    found = _outcome(outcome_id)
    step = FollowUpForm(prefix="step-")
    if step.validate():
        values = {"public": step.public.data, "actor_id": current_user.id}
        with atomic():
            note = outcomes.follow_up(outcome_id, step.status.data, step.text.data, **values)
        if note is not None:
            flash(_("Noted."), "success")
            return redirect(url_for("manage_outcomes.edit", outcome_id=outcome_id), 303)
        step.text.errors = [_("Nothing is new yet: choose another state, or write what happened.")]
    found = _outcome(outcome_id)
    return _page(found, OutcomeForm(formdata=None, obj=found), step)


@blueprint.post(f"{ONE}/notes/<int(max=2147483647):note_id>/<any(publication, concealment):wanted>")
@roles("organiser")
def show_note(outcome_id: int, note_id: int, wanted: str) -> Any:
    """Let the public read a note, or no more."""
    if outcome_queries.note_of(outcome_id, note_id) is None:
        abort(404)
    with atomic():
        note = outcomes.show_note(note_id, public=wanted == "publication", actor_id=current_user.id)
        shown = note.public
    flash(
        _("The public may read this note.") if shown else _("Only organisers and the owner read this note."), "success"
    )
    return redirect(url_for("manage_outcomes.edit", outcome_id=outcome_id), 303)


@blueprint.post(f"{ONE}/letter")
@roles("organiser")
def letter(outcome_id: int) -> Any:
    """Send the owner their link now."""
    _outcome(outcome_id)
    with atomic():
        told = outcomes.write_to_owner(outcome_id, actor_id=current_user.id)
    if told:
        flash(_("The letter with their link is on its way."), "success")
    else:
        flash(_("There is no address to write to, or its reader asked for no mail."), "warning")
    return redirect(url_for("manage_outcomes.edit", outcome_id=outcome_id), 303)


def _page(found: Outcome, form: OutcomeForm, step: FollowUpForm) -> Any:
    page = render_template(
        "events/manage/outcome.html", outcome=found, event=found.event, form=form, step=step, **_words()
    )
    return page, 422 if form.errors or step.errors else 200


def _step_form(found: Outcome) -> FollowUpForm:
    return FollowUpForm(formdata=None, prefix="step-", status=found.status.value)


def _sheet(name: str, form: str, rows: Iterable[Outcome]) -> Any:
    header = (
        _("Event"), _("Number"), _("Kind"), _("What is to be done"), _("To whom"), _("Who sees to it"),
        _("E-mail address"), _("Due on"), _("State"), _("Overdue"), _("Last word"), _("Said on"), _("Public"),
    )  # fmt: skip
    return sheet_response(name, form, _("Outcomes"), [str(cell) for cell in header], (_row(row) for row in rows))


def _row(row: Outcome) -> tuple[object, ...]:
    said = [note for note in row.notes if note.text]
    last = said[-1] if said else None
    return (
        row.event.title, row.number, KINDS[row.kind], row.text, row.addressee, row.owner, row.owner_email,
        row.due_on or "", STATES[row.status], _("yes") if outcome_queries.is_late(row) else "",
        last.text if last else "", stamp(last.at, row.event.timezone) if last else "", _("yes") if row.public else _("no"),
    )  # fmt: skip


def _words() -> dict[str, Any]:
    return {"kinds": KINDS, "states": STATES, "colours": COLOURS, "is_late": outcome_queries.is_late}


def _event(event_id: int) -> Event:
    return queries.managed_event(event_id) or abort(404)


def _outcome(outcome_id: int) -> Outcome:
    return outcome_queries.outcome(outcome_id) or abort(404)
