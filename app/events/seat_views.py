"""Managing pages of seats: pools, what is kept back, and how seats are given."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.core.clock import now
from app.core.transactions import atomic
from app.events import asking_queries, holds, pools, queries
from app.events.asking_forms import pool_name
from app.events.models import Event, SeatPool
from app.events.seat_forms import POOL_KINDS, HoldForm, PoolForm, TermsForm
from app.events.seats import lock_pools
from app.web.access import roles

blueprint = Blueprint("manage_seats", __name__)
EVENT = "/manage/events/<int(max=2147483647):event_id>"


@blueprint.route(f"{EVENT}/seats/", methods=["GET", "POST"])
@roles("organiser")
def page(event_id: int) -> Any:
    """The seats of an event, and how they are given."""
    event = event_or_404(event_id)
    form = TermsForm.of(event)
    if form.validate_on_submit():
        with atomic():
            pools.set_terms(event_id, actor_id=current_user.id, **form.values)
        flash(_("Kept."), "success")
        return redirect(url_for("manage_seats.page", event_id=event_id), 303)
    return _page(event, terms=form)


@blueprint.post(f"{EVENT}/pools")
@roles("organiser")
def add(event_id: int) -> Any:
    """Add a room, or places online."""
    event, form = event_or_404(event_id), PoolForm()
    if not form.validate():
        return _page(event, pool=form)
    with atomic():
        pools.add_pool(event_id, actor_id=current_user.id, **form.values)
    flash(_("These seats can be registered for now."), "success")
    return redirect(url_for("manage_seats.page", event_id=event_id), 303)


@blueprint.route(f"{EVENT}/pools/<int(max=2147483647):pool_id>/", methods=["GET", "POST"])
@roles("organiser")
def pool(event_id: int, pool_id: int) -> Any:
    """Change a room's seats."""
    event, found = event_or_404(event_id), _pool(event_id, pool_id)
    form = PoolForm.of(found)
    if form.validate_on_submit():
        with atomic():
            pools.update_pool(pool_id, actor_id=current_user.id, **form.values)
        flash(_("Kept. Seats that became free went to those who wait."), "success")
        return redirect(url_for("manage_seats.page", event_id=event_id), 303)
    page = render_template(
        "events/manage/pool.html",
        event=event,
        pool=found,
        form=form,
        removable=pool_id not in pools.used_pools(event_id),
    )
    return page, 422 if form.errors else 200


@blueprint.post(f"{EVENT}/pools/<int(max=2147483647):pool_id>/removal")
@roles("organiser")
def removal(event_id: int, pool_id: int) -> Any:
    """Take a room away that nobody uses."""
    _pool(event_id, pool_id)
    try:
        with atomic():
            pools.remove_pool(pool_id, current_user.id)
        flash(_("Removed."), "success")
    except pools.PoolInUse:
        flash(_("Somebody is registered there, so it stays. Write 0 seats to take no more."), "warning")
    return redirect(url_for("manage_seats.page", event_id=event_id), 303)


@blueprint.post(f"{EVENT}/holds")
@roles("organiser")
def keep_back(event_id: int) -> Any:
    """Keep seats back."""
    event = event_or_404(event_id)
    if not event.pools:
        abort(404)
    form = _hold_form(event)
    if not form.validate():
        return _page(event, hold=form)
    pool_id = form.hold_pool.data if "hold_pool" in form else event.pools[0].id
    seats, reason, until = form.seats.data or 0, form.reason.data or "", form.until.data or now()
    try:
        with atomic():
            kept_in = {one.id: one for one in lock_pools(event_id)}.get(pool_id) or abort(404)
            holds.hold(kept_in, seats, reason, until, current_user.id)
    except holds.TooMany as refusal:
        words = ngettext("%(num)d seat is free there.", "%(num)d seats are free there.", refusal.free)
        form.seats.errors = [words]
        return _page(event_or_404(event_id), hold=form)
    flash(_("Kept back. Nobody can register for these seats until then."), "success")
    return redirect(url_for("manage_seats.page", event_id=event_id), 303)


@blueprint.post(f"{EVENT}/holds/<int(max=2147483647):hold_id>/release")
@roles("organiser")
def release(event_id: int, hold_id: int) -> Any:
    """Let seats go to the queue before their time."""
    if pools.hold_of(event_id, hold_id) is None:
        abort(404)
    with atomic():
        holds.release(hold_id, current_user.id)
    flash(_("Released. Whoever waits had them first."), "success")
    return redirect(url_for("manage_seats.page", event_id=event_id), 303)


def _page(
    event: Event, *, terms: TermsForm | None = None, pool: PoolForm | None = None, hold: HoldForm | None = None
) -> Any:
    """The page; forms that were not sent are as the event is."""
    terms = terms or TermsForm.of(event, formdata=None)
    pool = pool or PoolForm(formdata=None)
    hold = hold or (_hold_form(event, empty=True) if event.pools else None)
    text = render_template(
        "events/manage/seats.html",
        event=event,
        terms=terms,
        pool_form=pool,
        hold_form=hold,
        waiting=asking_queries.desk_of(event).waiting,
        counts=queries.counts_of(event.id),
        holds=pools.holds_of(event.id),
        invited=pools.kept_for(event.id),
        kinds=POOL_KINDS,
    )
    wrong = any(form is not None and form.errors for form in (terms, pool, hold))
    return text, 422 if wrong else 200


def _hold_form(event: Event, *, empty: bool = False) -> HoldForm:
    named = {one.id: pool_name(one) for one in event.pools}
    more: dict[str, Any] = {"formdata": None} if empty else {}
    return HoldForm(zone=event.timezone, pools=named, **more)


def _pool(event_id: int, pool_id: int) -> SeatPool:
    return pools.pool_of(event_id, pool_id) or abort(404)


def event_or_404(event_id: int) -> Event:
    """The event for its organiser."""
    return queries.managed_event(event_id) or abort(404)
