"""The page of a personal invitation: for whoever holds its link, without an account.

Reading it says nothing about a person: mail programs and scanners fetch links by themselves. An invitation counts as opened
once somebody does something on its page: answers, or touches it (a script tells that, by the form's token).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _

from app.core.transactions import atomic
from app.events import invitation_queries as queries
from app.events import inviting, rules, wording
from app.events.asking_queries import guests_of
from app.events.forms import KINDS
from app.events.invitation_forms import AcceptanceForm, RefusalForm
from app.events.invitation_notices import answer_closes
from app.events.inviting import AnswerClosed
from app.events.models import Invitation, InvitationState, RegistrationStatus
from app.events.own_views import change_words
from app.events.seats import RegistrationRefused
from app.web.access import bearer
from app.web.errors import page as error_page
from app.web.forms import Form

blueprint = Blueprint("invitations", __name__)


@blueprint.get("/invitations/<token>/")
@bearer
def page(token: str) -> Any:
    """What one is invited to, and the way to answer."""
    return _page(_invitation(token))


@blueprint.post("/invitations/<token>/opening")
@bearer
def opening(token: str) -> Any:
    """Somebody touched the page."""
    invitation = _invitation(token)
    if not Form().validate():
        abort(400)
    with atomic():
        inviting.opened(invitation.id)
    return "", 204


@blueprint.post("/invitations/<token>/acceptance")
@bearer
def acceptance(token: str) -> Any:
    """Say yes, or change who comes."""
    invitation = _invitation(token)
    form = AcceptanceForm(largest=invitation.seats, pools=queries.pools_offered(invitation))
    if not form.validate():
        with atomic():
            inviting.opened(invitation.id)
        return _page(_invitation(token), form)
    try:
        with atomic():
            told = inviting.accept(
                invitation.id, name=form.name.data or "", party=form.how_many, guests=form.guest_names,
                needs=form.needs.data or "", diet=form.diet.data or "", pool_id=form.where,
            )  # fmt: skip
    except AnswerClosed:
        flash(_("The time to answer is over. Write to whoever invited you."), "warning")
    except RegistrationRefused as refusal:
        if beside := _beside(refusal.reason, form, _invitation(token)):
            form[beside].errors = [change_words(refusal)]
            return _page(_invitation(token), form)
        flash(_("Nobody can register just now. Your invitation stands; look again later."), "warning")
    else:
        if told.status is RegistrationStatus.CONFIRMED:
            flash(_("Thank you. We look forward to seeing you; the confirmation is on its way."), "success")
        else:
            flash(_("Thank you. All seats are taken just now, so you are on the waiting list."), "info")
    return redirect(url_for("invitations.page", token=token), 303)


@blueprint.post("/invitations/<token>/refusal")
@bearer
def refusal(token: str) -> Any:
    """Say no."""
    invitation = _invitation(token)
    form = RefusalForm()
    if not form.validate():
        return _page(invitation, refusing=form)
    try:
        with atomic():
            inviting.decline(invitation.id, form.reason.data or "")
        flash(_("Thank you for telling us. You can still change your mind on this page."), "info")
    except AnswerClosed:
        flash(_("The time to answer is over. Write to whoever invited you."), "warning")
    except RegistrationRefused as refused:
        flash(wording.withdrawal_refused(refused.reason), "warning")
    return redirect(url_for("invitations.page", token=token), 303)


def _beside(reason: rules.Reason, form: AcceptanceForm, invitation: Invitation) -> str:
    """The field beside which it is told why an answer cannot be taken; empty when no other answer would help."""
    told = invitation.registration
    if reason is rules.Reason.FULL and told is not None and form.where not in (None, told.pool_id):
        return "pool_id"
    of_the_number = reason in (rules.Reason.FULL, rules.Reason.TOO_LARGE, rules.Reason.ARRIVED)
    return "party" if of_the_number and "party" in form else ""


def _invitation(token: str) -> Invitation:
    """The invitation of a link. One that was taken back says so, and nothing of the event."""
    found = queries.by_token(token) or abort(404)
    if found.state is InvitationState.TAKEN_BACK:
        words = (_("This invitation was taken back"), _("If that surprises you, ask whoever sent it to you."))
        abort(make_response(error_page(410, *words)))
    return found


def _page(invitation: Invitation, form: AcceptanceForm | None = None, refusing: RefusalForm | None = None) -> Response:
    event, told = invitation.event, invitation.registration
    guests = [guest.name for guest in guests_of(told.id)] if told else []
    filled = AcceptanceForm.of(invitation, guests, queries.pools_offered(invitation)) if form is None else form
    text = render_template(
        "events/invitation.html",
        invitation=invitation,
        event=event,
        state=queries.state_of(invitation),
        registration=told,
        guests=guests,
        form=filled,
        refusing=refusing or RefusalForm(formdata=None),
        declining=refusing is not None,
        open=queries.answerable(invitation),
        closes_at=answer_closes(event, invitation),
        over=event.over,
        accent=event.campaign.accent if event.campaign else "",
        kinds=KINDS,
    )
    response = make_response(text, 422 if (form and form.errors) or (refusing and refusing.errors) else 200)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
