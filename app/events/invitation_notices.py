"""The letters of an invitation. They are rendered when they are sent: a hundred may be written under one lock."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.core.clock import now
from app.core.database import db
from app.core.mail import Mail, MailState, Obsolete, queue_letters
from app.core.registry import Letter
from app.events.links import absolute
from app.events.models import Event, EventStatus, Invitation, InvitationState

INVITATION, OFF, CHANGED = "event_invitation", "event_invitation_off", "event_invitation_changed"
UNANSWERED = (InvitationState.WRITTEN, InvitationState.OPENED)


def answer_closes(event: Event, invitation: Invitation) -> datetime:
    """Until when an answer can be given or changed."""
    return min(invitation.answer_by or event.starts_at, event.starts_at)


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


def tell_course(event: Event) -> int:
    """Tell those who have not answered that the event is off or, of one that was postponed, when it is now; returns how
    many. Who accepted is told by their registration. A term to answer that ended meanwhile gives way to the event's
    beginning: the new date is no use to whom it finds too late. Call it in the transaction that changed the course."""
    found = _unanswered(event)
    if event.status is EventStatus.PUBLISHED:
        for one in found:
            if one.answer_by is not None and one.answer_by <= now():
                one.answer_by = None
        return write(event, found, news=f":{event.seen_version}")
    if event.status in (EventStatus.CANCELLED, EventStatus.POSTPONED):
        _queue(OFF, event, found)
        return len(found)
    return 0


def tell_change(event: Event) -> int:
    """Tell those who have not answered that the event has a new time or place; returns how many. Call it in the transaction
    that changed it, after its `seen_version`: by that each change is told once."""
    found = _unanswered(event)
    _queue(CHANGED, event, found)
    return len(found)


def _unanswered(event: Event) -> Sequence[Invitation]:
    stands = (Invitation.event_id == event.id, Invitation.state.in_(UNANSWERED))
    return db.session.scalars(select(Invitation).where(*stands).order_by(Invitation.id)).all()


def _queue(kind: str, event: Event, invitations: Sequence[Invitation]) -> None:
    letters = [
        (f"{kind}:{one.id}:{event.seen_version}", one.email, one.locale, {"invitation": one.id, "status": event.status})
        for one in invitations
    ]
    if letters:
        queue_letters(kind, letters)


def _still(facts: Mapping[str, Any]) -> tuple[Invitation, Event]:
    """The invitation that a letter is about, and its event. Raises Obsolete once it is answered or taken back, and when
    the event's course is another by now, of which another letter tells."""
    invitation = db.session.get(Invitation, facts["invitation"])
    if invitation is None or invitation.state not in UNANSWERED:
        raise Obsolete
    if invitation.event.status != facts.get("status", EventStatus.PUBLISHED):
        raise Obsolete
    return invitation, invitation.event


def letter_off(facts: Mapping[str, Any]) -> Letter:
    """The words of the letter that an event is cancelled or postponed. Raises Obsolete."""
    invitation, event = _still(facts)
    cancelled = event.status is EventStatus.CANCELLED
    subject = (
        _("Cancelled: %(title)s", title=event.title) if cancelled else _("Postponed: %(title)s", title=event.title)
    )
    return Letter(OFF, subject, {"event": event, "invitation": invitation, "cancelled": cancelled})


def letter_changed(facts: Mapping[str, Any]) -> Letter:
    """The words of the letter that an event has a new time or place, as it is when it is sent. Raises Obsolete."""
    invitation, event = _still(facts)
    return Letter(CHANGED, _("New time or place: %(title)s", title=event.title), _context(event, invitation))


def forget_unsent(invitation: Invitation) -> None:
    """A letter that has not gone out yet does not go out."""
    mine = (Mail.key.startswith(_begins(invitation)), Mail.state == MailState.QUEUED)
    db.session.execute(delete(Mail).where(*mine).execution_options(synchronize_session=False))


def letter(facts: Mapping[str, Any]) -> Letter:
    """The words of a letter, of the invitation and the event as they are when it is sent. Raises Obsolete."""
    invitation, event = _still(facts)
    return words(event, invitation, reminder=bool(facts.get("reminder")))


def words(event: Event, invitation: Invitation, *, reminder: bool = False) -> Letter:
    """The letter to somebody invited, also to one whose invitation is not saved yet."""
    title = event.title
    subject = _("Please answer: %(title)s", title=title) if reminder else _("You are invited: %(title)s", title=title)
    return Letter(INVITATION, subject, _context(event, invitation) | {"reminder": reminder})


def _context(event: Event, invitation: Invitation) -> dict[str, Any]:
    return {
        "event": event,
        "invitation": invitation,
        "link": absolute("invitations.page", token=invitation.token),
        "answer_by": answer_closes(event, invitation) if invitation.answer_by else None,
    }


def preview(event: Event, invitation: Invitation, locale: str) -> dict[str, str]:
    """Subject and text of the letter as it would go out, for the organiser to read first."""
    with force_locale(locale):
        found = words(event, invitation)
        text = render_template(f"mail/{found.template}.txt", subject=found.subject, **found.context)
    return {"subject": found.subject, "text": text.strip().replace(quote("…"), "…")}
