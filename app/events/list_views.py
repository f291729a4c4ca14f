"""Managing pages of lists: read in with a look at what they change, and handed out as spreadsheets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.core.clock import now
from app.core.transactions import atomic
from app.events import closed_list, exports, holds, import_plans, import_words, imports, inviting, queries, rules
from app.events.asking_forms import pool_name
from app.events.import_plans import Kind
from app.events.import_rules import Verdict
from app.events.invitation_forms import AddressesForm, PeopleForm
from app.events.invitation_notices import preview
from app.events.manage_views import NUMBER, refusal_words
from app.events.models import Event, ImportDraft, Invitation
from app.events.seats import RegistrationRefused, terms_of
from app.web.access import roles
from app.web.formats import locale
from app.web.forms import storable
from app.web.sheets import sheet_response

blueprint = Blueprint("manage_lists", __name__)
DRAFT = f"/manage/events/{NUMBER}/lists/<int(max=2147483647):draft_id>"
SHOWN = 200  # lines of each kind on the page that shows what a list changes
HOME = {
    Kind.REGISTRATIONS: "manage_events.registrations",
    Kind.INVITATIONS: "manage_invitations.index",
    Kind.ADDRESSES: "manage_lists.addresses",
}


@blueprint.route(f"/manage/events/{NUMBER}/lists/", methods=["GET", "POST"])
@roles("organiser")
def index(event_id: int) -> Any:
    """Lists of an event: read people in, hand lists out, and what waits for a yes."""
    event = _event(event_id)
    questions = import_plans.answerable(event_id)
    form = PeopleForm(questions=questions, **({} if request.method == "POST" else {"locale": locale()}))
    if form.validate_on_submit():
        settings = {"tell": bool(form.tell.data), "locale": form.locale.data}
        with atomic():
            kept = imports.keep(event_id, Kind.REGISTRATIONS, form.filename, form.found, current_user.id, **settings)
        return redirect(url_for("manage_lists.draft", event_id=event_id, draft_id=kept.id), 303)
    form.keep_what_was_chosen()
    reason = rules.refusal(terms_of(event, event.pool), 1, now(), by_organiser=True)
    page = render_template(
        "events/manage/lists.html",
        event=event,
        form=form,
        drafts=imports.waiting_drafts(event_id),
        titles=_titles(),
        lists=exports.titles(),
        columns=[(form.names[one.key], import_words.fits(one), one.required) for one in questions],
        closed_words=refusal_words(reason) if reason else "",
    )
    return page, 422 if form.errors else 200


@blueprint.route(f"/manage/events/{NUMBER}/addresses/", methods=["GET", "POST"])
@roles("organiser")
def addresses(event_id: int) -> Any:
    """Whose addresses and domains an event for a closed list is for."""
    event, form = _event(event_id), AddressesForm()
    if form.validate_on_submit():
        with atomic():
            kept = imports.keep(
                event_id, Kind.ADDRESSES, form.filename, form.found, current_user.id, group=form.group.data or ""
            )
        return redirect(url_for("manage_lists.draft", event_id=event_id, draft_id=kept.id), 303)
    form.keep_what_was_chosen()
    page = render_template(
        "events/manage/addresses.html",
        event=event,
        form=form,
        groups=closed_list.groups_of(event_id),
        names=sorted(closed_list.names_of(event_id).items(), key=lambda pair: (pair[1], pair[0])),
    )
    return page, 422 if form.errors else 200


@blueprint.post(f"/manage/events/{NUMBER}/addresses/removals")
@roles("organiser")
def take_off(event_id: int) -> Any:
    """Take one address, or all of one name, off the closed list."""
    _event(event_id)
    group, address = request.form.get("group"), request.form.get("address", "")
    if not storable((group or "") + address, lines=False):
        abort(400)
    with atomic():
        count = closed_list.take_off(event_id, current_user.id, address=address, group=group)
    words = ngettext("%(num)d address is taken off the list.", "%(num)d addresses are taken off the list.", count)
    flash(words, "success" if count else "info")
    return redirect(url_for("manage_lists.addresses", event_id=event_id), 303)


@blueprint.get(f"{DRAFT}/")
@roles("organiser")
def draft(event_id: int, draft_id: int) -> Any:
    """What a list would change, before anything is changed or sent."""
    event, kept = _draft(event_id, draft_id)
    if kept.applied_at is not None:
        flash(_("This list was applied already. Here is how things stand."), "info")
        return redirect(_home(kept), 303)
    return _draft_page(event, kept)


@blueprint.post(f"{DRAFT}/confirmation")
@roles("organiser")
def confirm(event_id: int, draft_id: int) -> Any:
    """Do what the list says."""
    _event_row, kept = _draft(event_id, draft_id)
    try:
        with atomic():
            done = imports.apply(draft_id, current_user.id)
    except imports.Applied:
        flash(_("This list was applied already. Here is how things stand."), "info")
    except holds.TooMany as fault:
        words = _("Too few seats are free to keep them: %(free)s are left.", free=fault.free)
        flash(words + " " + _("Nothing was sent. Invite fewer, or do not keep seats."), "warning")
        return _draft_page(*_draft(event_id, draft_id), status=409)
    except RegistrationRefused as refusal:
        flash(refusal_words(refusal.reason) + " " + _("Nothing was changed."), "warning")
        return _draft_page(*_draft(event_id, draft_id), status=409)
    except inviting.NoPool:
        flash(_("Seats are to be kept, but it does not say where.") + " " + _("Nothing was sent."), "warning")
        return _draft_page(*_draft(event_id, draft_id), status=409)
    else:
        flash(_done(Kind(kept.kind), done), "warning" if done.refused else "success")
    return redirect(_home(kept), 303)


@blueprint.post(f"{DRAFT}/removal")
@roles("organiser")
def discard(event_id: int, draft_id: int) -> Any:
    """Forget a list."""
    _event_row, kept = _draft(event_id, draft_id)
    home = _home(kept)
    with atomic():
        imports.discard(event_id, draft_id)
    flash(_("The list is forgotten. Nothing was changed."), "success")
    return redirect(home, 303)


@blueprint.get(
    f"/manage/events/{NUMBER}/lists/<any(registrations, waiting, invitations, template):name>.<any(csv, xlsx):form>"
)
@roles("organiser")
def sheet(event_id: int, name: str, form: str) -> Response:
    """A list as a spreadsheet: with addresses, needs and answers; or an empty one to fill in."""
    return _sheet(_event(event_id), name, form)


@blueprint.get(f"/manage/events/{NUMBER}/lists/door.<any(csv, xlsx):form>")
@roles("organiser", "helper")
def door(event_id: int, form: str) -> Response:
    """Who is let in, for the door: without addresses, needs and answers."""
    return _sheet(_event(event_id), "door", form)


def _sheet(event: Event, name: str, form: str) -> Response:
    table = exports.EXPORTS[name](event)
    filename = event.slug if name == "registrations" else f"{event.slug}-{name}"
    return sheet_response(filename, form, event.title, [str(cell) for cell in table.header], table.rows)


def _draft_page(event: Event, kept: ImportDraft, status: int = 200) -> Any:
    found, kind = import_plans.plan(kept), Kind(kept.kind)
    new = found.of(Verdict.NEW)
    rooms = {pool.id: pool_name(pool) for pool in event.pools}
    sample = _sample(event, found) if kind is Kind.INVITATIONS and new else None
    page = render_template(
        "events/manage/draft.html",
        event=event,
        draft=kept,
        kind=kind.value,
        title=_titles()[kind],
        plan={verdict.value: found.of(verdict) for verdict in Verdict},
        found=found,
        verdicts=import_words.VERDICTS,
        why=import_words.why,
        changed=lambda one: import_words.changed(one, found.questions, rooms),
        said=lambda one: import_words.said(one, found.questions),
        column=lambda one: import_words.column(one, found.names),
        rooms=rooms,
        shown=SHOWN,
        back=_home(kept),
        people=sum(change.values.get("party", 1) for change in new),
        seated=import_plans.forecast(kept, found) if kind is Kind.REGISTRATIONS else 0,
        keeping=_keeping(event, found) if kind is Kind.INVITATIONS and found.settings["keep_seats"] else [],
        sample=sample,
    )
    return page, status


def _keeping(event: Event, found: import_plans.Plan) -> list[tuple[str, int, int]]:
    """(where, seats to be kept, seats free) of each pool in which an invitation of the list would keep some."""
    wanted: dict[int, int] = {}
    for change in found.of(Verdict.NEW):
        pool_id = change.values.get("pool_id") or found.settings.get("pool_id") or (event.pool.id if event.pool else 0)
        wanted[pool_id] = wanted.get(pool_id, 0) + change.values.get("party", found.settings["seats"])
    return [(pool_name(pool), wanted[pool.id], pool.free) for pool in event.pools if pool.id in wanted]


def _sample(event: Event, found: import_plans.Plan) -> dict[str, str]:
    """The first letter as it would go out."""
    first, settings = found.of(Verdict.NEW)[0], found.settings
    by = settings.get("answer_by")
    invitation = Invitation(
        token="…", email=first.email, name=first.values.get("name", ""), message=settings["message"],
        seats=first.values.get("party", settings["seats"]), answer_by=datetime.fromisoformat(by) if by else None,
        hold_id=1 if settings["keep_seats"] else None,
        pool=next((pool for pool in event.pools if pool.id == first.values.get("pool_id", settings.get("pool_id"))), None),
    )  # fmt: skip
    return preview(event, invitation, first.values.get("locale", settings["locale"])) | {"to": first.email}


def _done(kind: Kind, done: imports.Outcome) -> str:
    new, changed = done.counts.get("new", 0), done.counts.get("changed", 0)
    if kind is Kind.INVITATIONS:
        return ngettext("%(num)d invitation is on its way.", "%(num)d invitations are on their way.", new)
    if kind is Kind.ADDRESSES:
        return ngettext("%(num)d address is new on the list.", "%(num)d addresses are new on the list.", new)
    words = _("Done: %(new)s new, %(changed)s changed.", new=new, changed=changed)
    inside = [str(line) for line, reason in done.refused if reason is rules.Reason.ARRIVED]
    left = [str(line) for line, reason in done.refused if reason is not rules.Reason.ARRIVED]
    if left:
        words += " " + _("For these lines there were too few seats: %(lines)s.", lines=", ".join(left[:20]))
    if inside:
        lines = ", ".join(inside[:20])
        words += " " + _("In these lines more of the party are in the house already: %(lines)s.", lines=lines)
    return words


def _titles() -> dict[Kind, str]:
    return {
        Kind.REGISTRATIONS: _("People to register"),
        Kind.INVITATIONS: _("Invitations to send"),
        Kind.ADDRESSES: _("Addresses for the closed list"),
    }


def _home(kept: ImportDraft) -> str:
    return url_for(HOME[Kind(kept.kind)], event_id=kept.event_id)


def _draft(event_id: int, draft_id: int) -> tuple[Event, ImportDraft]:
    return _event(event_id), imports.draft_of(event_id, draft_id) or abort(404)


def _event(event_id: int) -> Event:
    return queries.managed_event(event_id) or abort(404)
