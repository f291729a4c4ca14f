"""Managing an event's programme: sessions, and who speaks."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.core.transactions import atomic
from app.events import deliveries, programme, queries, speaker_notices
from app.events import programme_queries as reads
from app.events.models import Event
from app.events.planning_forms import SessionForm, SpeakerForm
from app.events.speaker_notices import Sending
from app.web.access import roles
from app.web.formats import locale

blueprint = Blueprint("programme", __name__)
NUMBER = "<int(max=2147483647):event_id>"
SESSION = "<int(max=2147483647):session_id>"
SPEAKER = "<int(max=2147483647):speaker_id>"


@blueprint.get(f"/manage/events/{NUMBER}/programme/")
@roles("organiser")
def page(event_id: int) -> str:
    """What happens, and who speaks."""
    event = _event(event_id)
    sessions, speakers = reads.sessions_of(event_id), reads.speakers_of(event_id)
    return render_template(
        "events/manage/programme.html",
        event=event,
        sessions=sessions,
        outside={one.id for one in sessions if programme.outside(event, one.starts_at, one.ends_at)},
        speakers=speakers,
        letters=speaker_notices.last_letters(speakers),
        said=deliveries.said,
    )


@blueprint.route(f"/manage/events/{NUMBER}/sessions/new/", methods=["GET", "POST"])
@roles("organiser")
def add_session(event_id: int) -> Any:
    """Add a part to the programme."""
    event = _event(event_id)
    start = programme.first_free(event, reads.sessions_of(event_id))
    return _session(event, None, starts_at=start, ends_at=event.ends_at)


@blueprint.route(f"/manage/events/{NUMBER}/sessions/{SESSION}/", methods=["GET", "POST"])
@roles("organiser")
def session(event_id: int, session_id: int) -> Any:
    """Change a part of the programme."""
    found = reads.session_of(event_id, session_id) or abort(404)
    values = {name: getattr(found, name) for name in ("title", "starts_at", "ends_at", "place", "summary")}
    return _session(_event(event_id), session_id, **values, speaker_ids=[speaker.id for speaker in found.speakers])


def _session(event: Event, session_id: int | None, **values: Any) -> Any:
    speakers = [(speaker.id, speaker.name) for speaker in reads.speakers_of(event.id)]
    form = SessionForm(data=values, event=event, speakers=speakers)
    if form.validate_on_submit():
        actor_id, event_id = current_user.id, event.id
        with atomic():
            programme.save_session(event_id, session_id, actor_id=actor_id, **form.values)
        flash(_("Kept."), "success")
        return _to_programme(event_id)
    template = render_template("events/manage/session.html", form=form, event=event, session_id=session_id)
    return template, 422 if form.errors else 200


@blueprint.post(f"/manage/events/{NUMBER}/sessions/{SESSION}/removal")
@roles("organiser")
def remove_session(event_id: int, session_id: int) -> Any:
    """Take a part off the programme."""
    if reads.session_of(event_id, session_id) is None:
        abort(404)
    actor_id = current_user.id
    with atomic():
        programme.remove_session(event_id, session_id, actor_id)
    flash(_("The session is off the programme."), "success")
    return _to_programme(event_id)


@blueprint.route(f"/manage/events/{NUMBER}/speakers/new/", methods=["GET", "POST"])
@roles("organiser")
def add_speaker(event_id: int) -> Any:
    """Add somebody who speaks."""
    return _speaker(_event(event_id), None, locale=locale())


@blueprint.route(f"/manage/events/{NUMBER}/speakers/{SPEAKER}/", methods=["GET", "POST"])
@roles("organiser")
def speaker(event_id: int, speaker_id: int) -> Any:
    """Change how somebody is announced."""
    found = reads.speaker_of(event_id, speaker_id) or abort(404)
    names = ("name", "affiliation", "biography", "moderates", "email", "locale")
    return _speaker(_event(event_id), speaker_id, **{name: getattr(found, name) for name in names})


def _speaker(event: Event, speaker_id: int | None, **values: Any) -> Any:
    form = SpeakerForm(data=values)
    if form.validate_on_submit():
        actor_id, event_id = current_user.id, event.id
        with atomic():
            programme.save_speaker(event_id, speaker_id, actor_id=actor_id, **form.values)
        flash(_("Kept."), "success")
        return _to_programme(event_id)
    template = render_template("events/manage/speaker.html", form=form, event=event, speaker_id=speaker_id)
    return template, 422 if form.errors else 200


@blueprint.post(f"/manage/events/{NUMBER}/speakers/{SPEAKER}/removal")
@roles("organiser")
def remove_speaker(event_id: int, speaker_id: int) -> Any:
    """Take somebody off the event."""
    if reads.speaker_of(event_id, speaker_id) is None:
        abort(404)
    actor_id = current_user.id
    with atomic():
        programme.remove_speaker(event_id, speaker_id, actor_id)
    flash(_("They are not announced any more."), "success")
    return _to_programme(event_id)


@blueprint.post(f"/manage/events/{NUMBER}/speakers/{SPEAKER}/rank")
@roles("organiser")
def move_up(event_id: int, speaker_id: int) -> Any:
    """Name somebody one place earlier."""
    if reads.speaker_of(event_id, speaker_id) is None:
        abort(404)
    actor_id = current_user.id
    with atomic():
        programme.move_up(event_id, speaker_id, actor_id)
    return _to_programme(event_id)


@blueprint.post(f"/manage/events/{NUMBER}/speakers/{SPEAKER}/letter")
@roles("organiser")
def letter(event_id: int, speaker_id: int) -> Any:
    """Send somebody the link of their page."""
    if reads.speaker_of(event_id, speaker_id) is None:
        abort(404)
    actor_id = current_user.id
    with atomic():
        done = speaker_notices.send_page(event_id, speaker_id, actor_id)
    words = {
        Sending.WRITTEN: _("The letter with their link is on its way."),
        Sending.ALREADY: _("It is on its way, or went out today."),
        Sending.NO_ADDRESS: _("There is no address to write to."),
    }
    flash(words[done], "success" if done is Sending.WRITTEN else "info")
    return _to_programme(event_id)


@blueprint.post(f"/manage/events/{NUMBER}/speakers/letters")
@roles("organiser")
def letters(event_id: int) -> Any:
    """Send it to all who have an address and were never written to."""
    _event(event_id)
    actor_id = current_user.id
    with atomic():
        number = speaker_notices.send_pages(event_id, actor_id)
    flash(ngettext("On its way to %(num)d address.", "On its way to %(num)d addresses.", number), "success")
    return _to_programme(event_id)


def _to_programme(event_id: int) -> Any:
    return redirect(url_for("programme.page", event_id=event_id), 303)


def _event(event_id: int) -> Event:
    return queries.managed_event(event_id) or abort(404)
