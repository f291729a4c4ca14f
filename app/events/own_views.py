"""What somebody does with a registration of theirs, by its address: change it, answer an offer, look at the queue."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.core import storage
from app.core.transactions import atomic
from app.events import asking, editing, files, offers, own_page, queries, queueing, rules, wording
from app.events.asking_forms import PartyForm, pool_name
from app.events.models import Registration, RegistrationStatus
from app.events.seats import RegistrationRefused
from app.web.access import bearer

blueprint = Blueprint("own", __name__)
blueprint.add_app_template_filter(wording.headline, "headline")
blueprint.add_app_template_filter(wording.badge, "state_badge")
blueprint.add_app_template_filter(pool_name, "pool_name")
FILE_WORDS = {
    files.Fault.EMPTY: lambda: _("Choose a file first."),
    files.Fault.LARGE: lambda: _("That file is too large: 10 MB are the most."),
    files.Fault.KIND: lambda: _("We can read PDF, Word and OpenDocument texts and pictures, and this is none of them."),
}


@blueprint.route("/registrations/<token>/details/", methods=["GET", "POST"])
@bearer
def details(token: str) -> Any:
    """Change what the registration says."""
    found = _found(token)
    if not own_page.editable(found):
        flash(_("This registration cannot be changed any more."), "info")
        return redirect(url_for("events.registration", token=token), 303)
    form = own_page.edit_form(found, request.form if request.method == "POST" else None)
    if request.method == "POST" and form.validate():
        if keep(found.id, form):
            flash(_("Kept."), "success")
            return redirect(url_for("events.registration", token=token), 303)
        found = _found(token)
    page = render_template("events/details.html", registration=found, event=found.event, form=form)
    return page, 422 if form.errors else 200


def keep(registration_id: int, form: PartyForm) -> bool:
    """Change a registration as a good form says; False, and the reason is beside its field, when that is not possible."""
    answers, guests = form.answers, form.guest_names if "guests" in form else None
    party, values = form.party.data or 1, form.values
    try:
        with atomic():
            editing.edit(registration_id, party=party, answers=answers, guests=guests, **values)
    except RegistrationRefused as refusal:
        beside = "pool_id" if refusal.reason is rules.Reason.FULL and _moves(registration_id, form) else "party"
        form[beside].errors = [change_words(refusal)]
        return False
    return True


def _moves(registration_id: int, form: PartyForm) -> bool:
    found = queries.registration(registration_id)
    return "pool_id" in form and found is not None and found.pool_id != form.pool_id.data


def change_words(refusal: RegistrationRefused) -> str:
    """Why a party cannot change so."""
    if refusal.reason is rules.Reason.FULL:
        return str(_("There are free seats for %(count)s of you. You keep what you have.", count=refusal.largest))
    words = {
        rules.Reason.TOO_LARGE: _("That is more than we can seat together. Write a smaller number."),
        rules.Reason.ARRIVED: _("More of you are in the house already. Write a larger number."),
        rules.Reason.POSTPONED: _("While the event is postponed a party can only become smaller."),
        rules.Reason.CLOSED: _("Registration has closed: a party can only become smaller now."),
    }
    return str(words.get(refusal.reason, _("This registration cannot be changed any more.")))


@blueprint.post("/registrations/<token>/acceptance")
@bearer
def acceptance(token: str) -> Any:
    """Take the seats that were offered."""
    found = _found(token)
    try:
        with atomic():
            offers.accept(found.id)
        flash(_("You have a seat. See you there!"), "success")
    except offers.OfferOver:
        flash(_("This offer has ended. Here is how your registration stands."), "warning")
    return redirect(url_for("events.registration", token=token), 303)


@blueprint.get("/registrations/<token>/queue/")
@bearer
def queue(token: str) -> Any:
    """The queue as anybody in it may check it: no names."""
    found = _found(token)
    if found.status is not RegistrationStatus.WAITING or found.pool_id is None:
        return redirect(url_for("events.registration", token=token), 303)
    return render_template(
        "events/queue.html",
        registration=found,
        event=found.event,
        places=queueing.queue_of(found.pool_id),
        moves=queueing.moves_of(found.pool_id),
    )


@blueprint.post("/registrations/<token>/files/<int(max=2147483647):question_id>")
@bearer
def file(token: str, question_id: int) -> Any:
    """Send a file that a question asks for; a second one takes the place of the first."""
    found = _found(token)
    if not own_page.editable(found):
        abort(404)
    sent = request.files.get("file")
    try:
        key = files.keep(sent.read(files.LARGEST + 1) if sent else b"")
    except files.FileRefused as refused:
        return own_page.page(found, file_fault=(question_id, str(FILE_WORDS[refused.fault]()))), 422
    try:
        with atomic():
            before = asking.attach(found.id, question_id, files.plain_name(sent.filename or "" if sent else ""), key)
    except LookupError:
        storage.delete(key)
        abort(404)
    except BaseException:
        storage.delete(key)
        raise
    if before:
        storage.delete(before)
    flash(_("We have your file. Only the organisers can open it."), "success")
    return redirect(url_for("events.registration", token=token), 303)


def _found(token: str) -> Registration:
    return queries.registration_by_token(token) or abort(404)
