"""The letters of an invitation. They are rendered when they are sent: a hundred may be written under one lock."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.core.clock import now
from app.core.database import db
from app.core.mail import Mail, MailState, queue_letters
from app.core.registry import Letter
from app.events.links import absolute
from app.events.models import Event, EventStatus, Invitation, InvitationState

INVITATION, OFF = "event_invitation", "event_invitation_off"
UNANSWERED = (InvitationState.WRITTEN, InvitationState.OPENED)


def _begins(invitation: Invitation) -> str:
    """What the keys of this invitation's letters begin with: a link that was taken back is another invitation."""
    return f"{INVITATION}:{invitation.id}:{hashlib.sha256(invitation.token.encode()).hexdigest()[:8]}:"


def write(event: Event, invitations: Sequence[Invitation], *, reminder: bool = False, news: str = "") -> int:
    """Queue one letter for each; nobody gets two on one day of the event's zone, unless there is `news`, by any name of it.
    Returns how many are new."""
    day = now().astimezone(ZoneInfo(event.timezone)).date().isoformat() + news
    letters = {
        _begins(one) + day: (one.email, one.locale, {"invitation": one.id, "reminder": reminder}) for one in invitations
    }
    written = set(
        db.session.scalars(select(Mail.key).where(Mail.key.startswith(f"{INVITATION}:"), Mail.key.in_(letters)))
    )
    new = [(key, *letter) for key, letter in letters.items() if key not in written]
    if new:
        queue_letters(INVITATION, new)
    return len(new)


def tell_course(event: Event) -> None:
    """Tell those who have not answered that the event is off or, of one that was postponed, when it is now. Who accepted is
    told by their registration. Call it in the transaction that changed the event's course."""
    stands = (Invitation.event_id == event.id, Invitation.state.in_(UNANSWERED))
    found = db.session.scalars(select(Invitation).where(*stands).order_by(Invitation.id)).all()
    if event.status is EventStatus.PUBLISHED:
        write(event, found, news=f":{event.seen_version}")
    elif event.status in (EventStatus.CANCELLED, EventStatus.POSTPONED):
        queue_letters(
            OFF,
            [(f"{OFF}:{one.id}:{event.seen_version}", one.email, one.locale, {"invitation": one.id}) for one in found],
        )


def letter_off(facts: Mapping[str, Any]) -> Letter:
    """The words of the letter that an event is cancelled or postponed, or takes place again by now."""
    invitation = db.session.get_one(Invitation, facts["invitation"])
    event = invitation.event
    if event.status is EventStatus.PUBLISHED:
        return words(event, invitation)
    cancelled = event.status is EventStatus.CANCELLED
    subject = (
        _("Cancelled: %(title)s", title=event.title) if cancelled else _("Postponed: %(title)s", title=event.title)
    )
    return Letter(OFF, subject, {"event": event, "invitation": invitation, "cancelled": cancelled})


def forget_unsent(invitation: Invitation) -> None:
    """A letter that has not gone out yet does not go out."""
    mine = (Mail.key.startswith(_begins(invitation)), Mail.state == MailState.QUEUED)
    db.session.execute(delete(Mail).where(*mine).execution_options(synchronize_session=False))


def letter(facts: Mapping[str, Any]) -> Letter:
    """The words of a letter, of the invitation and the event as they are when it is sent."""
    invitation = db.session.get_one(Invitation, facts["invitation"])
    return words(invitation.event, invitation, reminder=bool(facts.get("reminder")))


def words(event: Event, invitation: Invitation, *, reminder: bool = False) -> Letter:
    """The letter to somebody invited, also to one whose invitation is not saved yet."""
    title = event.title
    subject = _("Please answer: %(title)s", title=title) if reminder else _("You are invited: %(title)s", title=title)
    link = absolute("invitations.page", token=invitation.token)
    context = {"event": event, "invitation": invitation, "link": link, "reminder": reminder}
    return Letter(INVITATION, subject, context)


def preview(event: Event, invitation: Invitation, locale: str) -> dict[str, str]:
    """Subject and text of the letter as it would go out, for the organiser to read first."""
    with force_locale(locale):
        found = words(event, invitation)
        text = render_template(f"mail/{found.template}.txt", subject=found.subject, **found.context)
    return {"subject": found.subject, "text": text.strip().replace(quote("…"), "…")}
