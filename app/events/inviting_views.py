"""Managing pages of invitations: who was invited, what they said, and whom to write to."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.core.clock import now
from app.core.transactions import atomic
from app.events import imports, inviting, queries, rules
from app.events import invitation_queries as invitations
from app.events.asking_forms import pool_name
from app.events.asking_queries import guest_names
from app.events.import_plans import Kind
from app.events.invitation_forms import STATES, InvitingForm
from app.events.invitation_notices import answer_closes
from app.events.manage_views import NUMBER, refusal_words
from app.events.models import Event
from app.events.seats import terms_of
from app.web.access import roles
from app.web.formats import locale
from app.web.paging import paged

blueprint = Blueprint("manage_invitations", __name__)
INVITATION = f"/manage/events/{NUMBER}/invitations/<int(max=2147483647):invitation_id>"


@blueprint.get(f"/manage/events/{NUMBER}/invitations/")
@roles("organiser")
def index(event_id: int) -> str:
    """Who is invited, and what they said."""
    event = _event(event_id)
    search, state = request.args.get("q", "")[:100], request.args.get("state", "")
    page = paged(invitations.invitations_of(event_id, search, state))
    return render_template(
        "events/manage/invitations.html",
        event=event,
        page=page,
        counts=invitations.counts_of(event_id),
        states=STATES,
        state_of=invitations.state_of,
        closes=lambda one: answer_closes(event, one),
        undelivered=invitations.undelivered(page.items),
        guests=guest_names(event_id, [one.registration_id for one in page.items if one.registration_id]),
        search=search,
        state=state if state in STATES else "",
        closed_words=_closed(event),
    )


@blueprint.route(f"/manage/events/{NUMBER}/invitations/new/", methods=["GET", "POST"])
@roles("organiser")
def add(event_id: int) -> Any:
    """Write invitations; they are looked over before anything is sent."""
    event = _event(event_id)
    named = {pool.id: pool_name(pool) for pool in event.pools}
    form = InvitingForm(event=event, pools=named, **({} if request.method == "POST" else {"locale": locale()}))
    if form.validate_on_submit():
        with atomic():
            draft = imports.keep(
                event_id, Kind.INVITATIONS, form.filename, form.found, current_user.id,
                seats=form.seats.data, keep_seats=bool(form.keep_seats.data), message=form.message.data or "",
                answer_by=form.answer_by.data.isoformat() if form.answer_by.data else None, locale=form.locale.data,
                pool_id=form.where,
            )  # fmt: skip
        return redirect(url_for("manage_lists.draft", event_id=event_id, draft_id=draft.id), 303)
    form.keep_what_was_chosen()
    page = render_template("events/manage/inviting.html", event=event, form=form, closed_words=_closed(event))
    return page, 422 if form.errors else 200


@blueprint.post(f"/manage/events/{NUMBER}/invitations/reminders")
@roles("organiser")
def remind(event_id: int) -> Any:
    """Remind all who have not answered."""
    _event(event_id)
    with atomic():
        count = inviting.remind(event_id, current_user.id)
    if count:
        words = ngettext("%(num)d reminder is on its way.", "%(num)d reminders are on their way.", count)
        flash(words, "success")
    else:
        flash(_("Nobody is reminded now: all were written to today, or the time to answer is over."), "info")
    return _back(event_id)


@blueprint.post(f"{INVITATION}/letters")
@roles("organiser")
def send_again(event_id: int, invitation_id: int) -> Any:
    """Write to one of them again."""
    try:
        with atomic():
            sent = inviting.send_again(event_id, invitation_id, current_user.id)
    except LookupError:
        abort(404)
    except inviting.AnswerClosed:
        flash(_("It is answered, or the time to answer is over."), "info")
    else:
        words = _("The invitation is on its way again.") if sent else _("They were written to today. Try it tomorrow.")
        flash(words, "success" if sent else "info")
    return _back(event_id)


@blueprint.post(f"{INVITATION}/withdrawal")
@roles("organiser")
def take_back(event_id: int, invitation_id: int) -> Any:
    """Take one back."""
    try:
        with atomic():
            inviting.take_back(event_id, invitation_id, current_user.id)
        flash(_("Taken back: the link opens nothing any more. Seats kept for it went to the queue."), "success")
    except LookupError:
        abort(404)
    except inviting.Comes:
        flash(_("They have accepted. Withdraw their registration under “Who comes” instead."), "warning")
    return _back(event_id)


def _back(event_id: int) -> Any:
    return redirect(url_for("manage_invitations.index", event_id=event_id), 303)


def _event(event_id: int) -> Event:
    return queries.managed_event(event_id) or abort(404)


def _closed(event: Event) -> str:
    """Why nobody can be invited now; empty when they can."""
    reason = rules.refusal(terms_of(event, event.pool), 1, now(), by_organiser=True)
    return refusal_words(reason) if reason else ""
