"""An organiser's messages to those concerned by an event: write, look, send, and see what arrived."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.core import audit
from app.core.clock import now
from app.core.transactions import atomic
from app.events import deliveries, messages, parts, queries, reminders
from app.events.message_forms import NEVER, MessageForm, ReminderForm
from app.events.models import Event, EventMessage
from app.web.access import roles
from app.web.headers import show_own_frames

blueprint = Blueprint("event_messages", __name__)
MESSAGES = "/manage/events/<int(max=2147483647):event_id>/messages"
MESSAGE = f"{MESSAGES}/<int(max=2147483647):message_id>"
# A mail styles itself within: this answer alone allows that. Its sandbox runs nothing, and only our own page frames it.
MAIL_POLICY = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@blueprint.get(f"{MESSAGES}/")
@roles("organiser")
def index(event_id: int) -> Any:
    """What was written, what became of it, and when reminders go out."""
    return _index(_event(event_id))


def _index(event: Event, form: ReminderForm | None = None) -> Any:
    time, number = deliveries.reminder_of(event)
    page = render_template(
        "events/manage/messages.html",
        event=event,
        messages=deliveries.messages_of(event.id),
        part_name=lambda part: parts.name_of(event, part),
        form=form or ReminderForm(remind_hours=event.remind_hours or NEVER),
        remind_at=time,
        remind_ahead=time is not None and time > now(),
        reminded=number,
    )
    return page, 422 if form is not None and form.errors else 200


@blueprint.post(f"{MESSAGES}/reminder")
@roles("organiser")
def reminder(event_id: int) -> Any:
    """Choose when reminders go out."""
    event = _event(event_id)
    form = ReminderForm(remind_hours=event.remind_hours or NEVER)
    if not form.validate():
        return _index(event, form)
    with atomic():
        reminders.set_hours(event_id, form.remind_hours.data or None)
        audit.record("choose reminders", "event", event_id, current_user.id, hours=form.remind_hours.data)
    flash(_("Kept."), "success")
    return redirect(url_for("event_messages.index", event_id=event_id), 303)


@blueprint.route(f"{MESSAGES}/new/", methods=["GET", "POST"])
@roles("organiser")
def add(event_id: int) -> Any:
    """Write a message. Nothing is sent before it was looked at."""
    event = _event(event_id)
    form = MessageForm(parts=parts.choices_of(event))
    if form.validate_on_submit():
        with atomic():
            made = messages.draft(
                event_id, form.part.data, form.subject.data, form.body.data, form.operation.data, current_user.id
            )
        return redirect(url_for("event_messages.page", event_id=event_id, message_id=made.id), 303)
    return _write(event, form, None)


@blueprint.route(f"{MESSAGE}/text/", methods=["GET", "POST"])
@roles("organiser")
def edit(event_id: int, message_id: int) -> Any:
    """Change a draft."""
    event, message = _message(event_id, message_id)
    form = MessageForm(obj=message, parts=parts.choices_of(event))
    if message.sent_at is None and form.validate_on_submit():
        try:
            with atomic():
                messages.change(message_id, form.part.data, form.subject.data, form.body.data)
        except messages.Sent:
            flash(_("It has been sent, so it cannot be changed."), "warning")
    if message.sent_at is not None or (request.method == "POST" and not form.errors):
        return redirect(url_for("event_messages.page", event_id=event_id, message_id=message_id), 303)
    return _write(event, form, message)


def _write(event: Event, form: MessageForm, message: EventMessage | None) -> Any:
    page = render_template("events/manage/message_text.html", event=event, form=form, message=message)
    return page, 422 if form.errors else 200


@blueprint.get(f"{MESSAGE}/")
@roles("organiser")
def page(event_id: int, message_id: int) -> Any:
    """A draft as its readers will get it, or what became of a message."""
    event, message = _message(event_id, message_id)
    if message.sent_at is not None:
        return render_template(
            "events/manage/message_sent.html",
            event=event,
            message=message,
            part_name=parts.name_of(event, message.part),
            delivery=deliveries.delivery_of(message),
            undelivered=deliveries.undelivered_of(message),
        )
    show_own_frames()
    readers = parts.recipients(event, message.part)
    number = min(max(1, request.args.get("reader", 1, int)), max(1, len(readers)))
    return render_template(
        "events/manage/message_preview.html",
        event=event,
        message=message,
        part_name=parts.name_of(event, message.part),
        readers=len(readers),
        number=number,
        preview=messages.preview(message, readers[number - 1]) if readers else None,
    )


@blueprint.get(f"{MESSAGE}/mail.html")
@roles("organiser")
def mail(event_id: int, message_id: int) -> Response:
    """The mail itself, as one of its readers gets it."""
    event, message = _message(event_id, message_id)
    readers = parts.recipients(event, message.part)
    number = request.args.get("reader", 1, int)
    if not 1 <= number <= len(readers):
        abort(404)
    response = Response(messages.preview(message, readers[number - 1]).html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@blueprint.post(f"{MESSAGE}/delivery")
@roles("organiser")
def delivery(event_id: int, message_id: int) -> Any:
    """Send it. A second time does nothing."""
    _message(event_id, message_id)
    try:
        with atomic():
            number = messages.send(message_id, current_user.id)
        flash(ngettext("On its way to %(num)d address.", "On its way to %(num)d addresses.", number), "success")
    except messages.Sent:
        flash(_("It was sent already, once to each."), "info")
    except messages.Nobody:
        flash(_("Nobody is in that part now, so there is nobody to send it to."), "warning")
    return redirect(url_for("event_messages.page", event_id=event_id, message_id=message_id), 303)


@blueprint.post(f"{MESSAGE}/tests")
@roles("organiser")
def test(event_id: int, message_id: int) -> Any:
    """Send it to oneself alone."""
    _message(event_id, message_id)
    email, name, language = current_user.email, current_user.greeting, current_user.locale
    with atomic():
        messages.send_test(message_id, email, name, language)
    flash(_("A test is on its way to %(address)s.", address=email), "success")
    return redirect(url_for("event_messages.page", event_id=event_id, message_id=message_id), 303)


@blueprint.post(f"{MESSAGE}/removal")
@roles("organiser")
def removal(event_id: int, message_id: int) -> Any:
    """Throw a draft away."""
    _message(event_id, message_id)
    try:
        with atomic():
            messages.discard(message_id)
        flash(_("The draft is thrown away."), "success")
    except messages.Sent:
        flash(_("It has been sent, so it stays."), "warning")
    return redirect(url_for("event_messages.index", event_id=event_id), 303)


@blueprint.post(f"{MESSAGE}/mails/<int(max=2147483647):mail_id>/retry")
@roles("organiser")
def retry(event_id: int, message_id: int, mail_id: int) -> Any:
    """Try an address again from which mail came back."""
    _message(event_id, message_id)
    try:
        with atomic():
            anew = messages.send_again(event_id, mail_id, current_user.id)
    except LookupError:
        abort(404)
    flash(_("It is sent once more.") if anew else _("It is on its way already."), "success" if anew else "info")
    return redirect(url_for("event_messages.page", event_id=event_id, message_id=message_id), 303)


def _event(event_id: int) -> Event:
    return queries.managed_event(event_id) or abort(404)


def _message(event_id: int, message_id: int) -> tuple[Event, EventMessage]:
    event = _event(event_id)
    return event, deliveries.message_of(event_id, message_id) or abort(404)
