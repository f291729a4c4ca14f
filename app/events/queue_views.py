"""Managing pages of one registration, of requests to decide, and of the queue."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.http import dump_options_header

from app.core import audit, storage
from app.core.transactions import atomic
from app.events import asking_queries, changes, editing, offers, queries, queueing
from app.events.asking_forms import pool_name, words_of
from app.events.forms import REGISTRATION_STATES
from app.events.models import Event, QuestionKind, Registration, RegistrationStatus, SeatPool
from app.events.own_page import editable
from app.events.own_views import change_words
from app.events.seat_forms import DecisionForm, MoveForm, NoteForm, PartySizeForm
from app.events.seat_views import EVENT, event_or_404
from app.events.seats import RegistrationRefused
from app.web.access import roles

blueprint = Blueprint("manage_queue", __name__)
ONE = f"{EVENT}/registrations/<int(max=2147483647):registration_id>"
SHOWN = 200


@blueprint.get(f"{ONE}/")
@roles("organiser")
def registration(event_id: int, registration_id: int) -> str:
    """Everything about one registration."""
    event, found = event_or_404(event_id), _registration(event_id, registration_id)
    return _registration_page(event, found, _size_form(event, found))


@blueprint.post(f"{ONE}/party")
@roles("organiser")
def party(event_id: int, registration_id: int) -> Any:
    """Make a party larger or smaller for them, or seat it elsewhere."""
    event, found = event_or_404(event_id), _registration(event_id, registration_id)
    form = _size_form(event, found, typed=request.form)
    if not form.validate():
        return _registration_page(event, found, form), 422
    size, pool_id = form.party.data, form.pool_id.data if "pool_id" in form else None
    try:
        with atomic():
            changes.change(registration_id, party=size, pool_id=pool_id, by_organiser=True)
            audit.record("change a party", "registration", registration_id, current_user.id, party=size)
    except RegistrationRefused as refusal:
        form.party.errors = [change_words(refusal)]
        return _registration_page(event_or_404(event_id), _registration(event_id, registration_id), form), 422
    flash(_("Kept, and told by mail."), "success")
    return redirect(url_for("manage_queue.registration", event_id=event_id, registration_id=registration_id), 303)


@blueprint.post(f"{ONE}/note")
@roles("organiser")
def note(event_id: int, registration_id: int) -> Any:
    """Note something about a registration, for organisers."""
    event, found = event_or_404(event_id), _registration(event_id, registration_id)
    form = NoteForm()
    if not form.validate():
        return _registration_page(event, found, _size_form(event, found), form), 422
    with atomic():
        editing.note(registration_id, form.note.data or "", current_user.id)
    flash(_("Kept."), "success")
    return redirect(url_for("manage_queue.registration", event_id=event_id, registration_id=registration_id), 303)


@blueprint.get(f"{ONE}/files/<int(max=2147483647):answer_id>")
@roles("organiser")
def file(event_id: int, registration_id: int, answer_id: int) -> Any:
    """A file that somebody sent: only ever to be saved, never opened in the page."""
    answer = asking_queries.answer_of(event_id, registration_id, answer_id)
    if answer is None or answer.file_key is None or not storage.path(answer.file_key).is_file():
        abort(404)
    extension = answer.file_key.rsplit(".", 1)[-1]
    name = f"{answer.value.rsplit('.', 1)[0] or 'file'}.{extension}"
    response = Response(storage.read(answer.file_key), mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = dump_options_header("attachment", {"filename": name})
    return response


def _registration_page(event: Event, found: Registration, form: PartySizeForm, note: NoteForm | None = None) -> str:
    answers = asking_queries.answers_of(found.id)
    waits = found.status is RegistrationStatus.WAITING
    return render_template(
        "events/manage/registration.html",
        event=event,
        registration=found,
        form=form,
        note_form=note or NoteForm(formdata=None, data={"note": found.note}),
        answers=[(answer, words_of(answer.question, answer.value)) for answer in answers],
        file_kind=QuestionKind.FILE,
        guests=asking_queries.guests_of(found.id),
        position=queries.position(found) if waits else 0,
        states=REGISTRATION_STATES,
        editable=editable(found),
        history=queueing.history_of(found.id),
    )


def _size_form(event: Event, found: Registration, typed: Any = None) -> PartySizeForm:
    named = {pool.id: pool_name(pool) for pool in event.pools}
    return PartySizeForm(typed, data={"party": found.party, "pool_id": found.pool_id}, pools=named)


# Requests


@blueprint.get(f"{EVENT}/requests/")
@roles("organiser")
def requests(event_id: int) -> Any:
    """Who asked to come and waits for a yes or no."""
    event = event_or_404(event_id)
    rows = queueing.requests_of(event_id)
    return _requests_page(event, rows, _decision_form(rows, None))


@blueprint.post(f"{EVENT}/decisions")
@roles("organiser")
def decide(event_id: int) -> Any:
    """Say yes or no to some of them at once."""
    event = event_or_404(event_id)
    rows = queueing.requests_of(event_id)
    form = _decision_form(rows, request.form)
    if not form.validate():
        return _requests_page(event, rows, form), 422
    ids, yes, reason = form.registration_ids.data or [], form.decision.data == "yes", form.reason.data or ""
    try:
        with atomic():
            for number in sorted(ids):
                if yes:
                    offers.approve(number, current_user.id)
                else:
                    offers.decline(number, reason, current_user.id)
    except RegistrationRefused:
        flash(_("Nobody can be given a seat while the event stands as it does now."), "warning")
        return redirect(url_for("manage_queue.requests", event_id=event_id), 303)
    if yes:
        flash(ngettext("%(num)d request has your yes.", "%(num)d requests have your yes.", len(ids)), "success")
    else:
        flash(ngettext("%(num)d request is declined.", "%(num)d requests are declined.", len(ids)), "success")
    return redirect(url_for("manage_queue.requests", event_id=event_id), 303)


def _requests_page(event: Event, rows: list[Registration], form: DecisionForm) -> str:
    return render_template("events/manage/requests.html", event=event, rows=rows, form=form)


def _decision_form(rows: list[Registration], typed: Any) -> DecisionForm:
    return DecisionForm(typed, requests={row.id: row.name for row in rows})


# The queue


@blueprint.get(f"{EVENT}/queue/")
@roles("organiser")
def queue(event_id: int) -> str:
    """Who waits, in order."""
    event = event_or_404(event_id)
    asked = request.args.get("pool", "")
    chosen = _chosen(event, int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0)
    places = queueing.queue_of(chosen.id) if chosen else []
    return render_template(
        "events/manage/queue.html",
        event=event,
        chosen=chosen,
        places=places[:SHOWN],
        more=max(0, len(places) - SHOWN),
        moves=queueing.moves_of(chosen.id) if chosen else [],
        waiting=asking_queries.desk_of(event).waiting,
    )


def _chosen(event: Event, pool_id: int) -> SeatPool | None:
    return next((pool for pool in event.pools if pool.id == pool_id), event.pool)


@blueprint.route(f"{ONE}/place/", methods=["GET", "POST"])
@roles("organiser")
def place(event_id: int, registration_id: int) -> Any:
    """Put a party elsewhere in the queue, for a reason that those who are passed read."""
    event, found = event_or_404(event_id), _registration(event_id, registration_id)
    back = url_for("manage_queue.queue", event_id=event_id, pool=found.pool_id)
    if found.status is not RegistrationStatus.WAITING:
        flash(_("%(name)s is not in the queue any more.", name=found.name), "info")
        return redirect(back, 303)
    position = queries.position(found)
    form = MoveForm(_stepped(position) if request.method == "POST" else None, data={"number": position})
    if request.method == "POST" and form.validate():
        with atomic():
            moved = queueing.move(registration_id, form.number.data or 1, form.reason.data or "", current_user.id)
        flash(_("Moved.") if moved else _("It is there already."), "success" if moved else "info")
        return redirect(back, 303)
    page = render_template(
        "events/manage/place.html", event=event, registration=found, form=form, position=position, back=back
    )
    return page, 422 if form.errors else 200


def _stepped(position: int) -> Any:
    """The form as sent; the buttons up and down say which place they mean."""
    step = {"up": position - 1, "down": position + 1}.get(request.form.get("step", ""))
    if step is None:
        return request.form
    return MultiDict(
        [*((key, value) for key, value in request.form.items() if key != "number"), ("number", str(max(1, step)))]
    )


def _registration(event_id: int, registration_id: int) -> Registration:
    return queries.registration_of(event_id, registration_id) or abort(404)
