"""What came of an event, for the public; and the page on which an owner tells how far it is, without an account."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts.views import ask_to_sign_in
from app.core.transactions import atomic
from app.events import after_rules, outcome_queries, outcomes, queries
from app.events.models import Outcome, OutcomeStatus
from app.events.outcome_forms import COLOURS, KINDS, STATES, ProgressForm, ResignationForm
from app.web.access import bearer, public

blueprint = Blueprint("outcomes", __name__)


@blueprint.get("/events/<slug>/outcomes/")
@public
def page(slug: str) -> Any:
    """What an event recommended and decided, and how far it is."""
    event = queries.event_for(current_user, slug)
    if event is None and queries.is_for_staff(slug) and not current_user.is_authenticated:
        return ask_to_sign_in(url_for("outcomes.page", slug=slug))
    found = outcome_queries.public_outcomes(event) if event is not None else []
    if event is None or not found:
        abort(404)
    return render_template(
        "events/outcomes.html",
        event=event,
        outcomes=found,
        done=sum(row.status is OutcomeStatus.DONE for row in found),
        accent=event.campaign.accent if event.campaign else "",
        **_words(),
    )


@blueprint.get("/outcomes/<token>/")
@bearer
def own(token: str) -> Any:
    """What somebody saw to, and how far it is."""
    found = _outcome(token)
    return _own_page(found, _progress_form(found), ResignationForm(formdata=None))


@blueprint.post("/outcomes/<token>/notes")
@bearer
def tell(token: str) -> Any:
    """The owner tells how far it is."""
    found = _outcome(token)
    form = ProgressForm()
    if not form.validate():
        return _own_page(found, form, ResignationForm(formdata=None))
    try:
        with atomic():
            note = outcomes.progress(found.id, form.status.data, form.text.data)
    except outcomes.ProgressRefused:
        flash(_("The organisers have closed this one. Thank you all the same."), "info")
        return redirect(url_for("outcomes.own", token=token), 303)
    if note is None:
        flash(_("That is what we have already. Tell us when something is new."), "info")
    else:
        flash(_("Thank you: it is noted, and the organisers read it."), "success")
    return redirect(url_for("outcomes.own", token=token), 303)


@blueprint.post("/outcomes/<token>/resignation")
@bearer
def resign(token: str) -> Any:
    """The owner lets it go: no letter follows."""
    found = _outcome(token)
    form = ResignationForm()
    if not form.validate():
        return _own_page(found, _progress_form(found), form)
    with atomic():
        outcomes.resign(found.id, form.word.data)
    flash(
        _("It is off your hands. We have forgotten your name and address here and write no more about it."), "success"
    )
    return redirect(url_for("site.home"), 303)


def _outcome(token: str) -> Outcome:
    found = outcome_queries.outcome_by_token(token)
    return found if found is not None and found.owner_email else abort(404)


def _progress_form(found: Outcome) -> ProgressForm:
    return ProgressForm(formdata=None, status=found.status.value)


def _own_page(found: Outcome, form: ProgressForm, leaving: ResignationForm) -> Any:
    page = render_template(
        "events/outcome.html",
        outcome=found,
        event=found.event,
        form=form,
        leaving=leaving,
        notes=[note for note in found.notes if note.by_owner or note.public],
        late=outcome_queries.is_late(found),
        closed=not after_rules.owner_may(found.status, found.status),
        **_words(),
    )
    return page, 422 if form.errors or leaving.errors else 200


def _words() -> dict[str, Any]:
    return {"kinds": KINDS, "states": STATES, "colours": COLOURS, "is_late": outcome_queries.is_late}
