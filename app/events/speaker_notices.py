"""Mails to those who speak: the link of their page, when an organiser sends it; and what changes at the event."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.mail import Mail, MailState, allow, queue_mail
from app.core.transactions import locked
from app.events import calendars
from app.events.links import absolute
from app.events.models import LIVE, Event, EventStatus, Registration, Speaker
from app.events.notices import SUBJECTS
from app.events.programme_queries import sessions_spoken

PAGE, NEWS = "speaker_page", "speaker_news"
LOST = (MailState.FAILED, MailState.BOUNCED)


class Sending(StrEnum):
    """What became of asking for a letter. `already`: one is on its way, or went out today."""

    WRITTEN = "written"
    ALREADY = "already"
    NO_ADDRESS = "no address"


def send_page(event_id: int, speaker_id: int, actor_id: int | None) -> Sending:
    """Write to a speaker what their page is; at most once a day, unless the letter did not arrive: then also to an address
    that gave mail back. Raises LookupError."""
    speaker: Speaker | None = locked(Speaker, speaker_id)
    if speaker is None or speaker.event_id != event_id:
        raise LookupError(speaker_id)
    if not speaker.email:
        return Sending.NO_ADDRESS
    written = _letters(PAGE, [speaker])
    last = written[-1] if written else None
    if last is not None and last.state in LOST:
        allow(speaker.email)
    elif last is not None and (last.state is MailState.QUEUED or last.created_at.date() == now().date()):
        return Sending.ALREADY
    with force_locale(speaker.locale):
        subject = _("You speak at: %(title)s", title=speaker.event.title)
        _queue(f"{_key(PAGE, speaker)}{len(written)}", PAGE, subject, speaker)
    audit.record("write to a speaker", "event", event_id, actor_id)
    return Sending.WRITTEN


def send_pages(event_id: int, actor_id: int | None) -> int:
    """Write so to all speakers of an event with an address who were never written to. Returns how many."""
    found = db.session.scalars(select(Speaker).where(Speaker.event_id == event_id, Speaker.email != "")).all()
    known = last_letters(found)
    new = [one.id for one in found if one.id not in known]
    return sum(send_page(event_id, number, actor_id) is Sending.WRITTEN for number in sorted(new))


def tell_speakers(event: Event, news: str) -> int:
    """Tell all speakers with an address of a change of time or place or of the event's course, in its transaction; `news` is
    one of `notices.SUBJECTS`. Who is registered as well is told by that. Returns how many are written to."""
    registered = select(Registration.email).where(Registration.event_id == event.id, Registration.status.in_(LIVE))
    mine = (Speaker.event_id == event.id, Speaker.email != "", Speaker.email.not_in(registered))
    found = {one.email: one for one in db.session.scalars(select(Speaker).where(*mine).order_by(Speaker.id.desc()))}
    for speaker in found.values():
        with force_locale(speaker.locale):
            subject = SUBJECTS[news](event.title)
            cancel = event.status is not EventStatus.PUBLISHED
            key = f"{_key(NEWS, speaker)}{event.seen_version}"
            _queue(key, NEWS, subject, speaker, cancel=cancel, resumed=news == "event_resumed")
    return len(found)


def _queue(
    key: str, template: str, subject: str, speaker: Speaker, *, cancel: bool = False, resumed: bool = False
) -> None:
    event, house = speaker.event, current_app.config["KERMESSE"]["ORGANISATION"]
    file = _file(speaker, cancel=cancel)
    queue_mail(
        key,
        speaker.email,
        template,
        subject,
        locale=speaker.locale,
        files=[file] if file else [],
        calendar=file["type"].partition("method=")[2] if file else "",
        resumed=resumed,
        event=event,
        speaker=speaker,
        sessions=sessions_spoken(speaker.id),
        link=absolute("after.speaker", token=speaker.token),
        why=_("You get this mail because you speak at %(title)s of %(house)s.", title=event.title, house=house),
    )


def _file(speaker: Speaker, *, cancel: bool) -> dict[str, str] | None:
    """What the letter tells their calendar: nothing while the event is no more than a plan, nor where a registration does."""
    event = speaker.event
    theirs = (Registration.event_id == event.id, Registration.email == speaker.email, Registration.status.in_(LIVE))
    if now() >= event.ends_at or db.session.scalar(select(Registration.id).where(*theirs)) is not None:
        return None
    if event.status is EventStatus.PUBLISHED:
        return calendars.speaker_invitation(event, speaker)
    put_in = any(mail.files != "[]" for mail in _letters("speaker_", [speaker]))
    return calendars.speaker_invitation(event, speaker, cancel=True) if cancel and put_in else None


def last_letters(speakers: Sequence[Speaker]) -> dict[int, Mail]:
    """The last letter with their page to each speaker's present address, by the speaker's id."""
    found: dict[int, Mail] = {}
    for mail in _letters(PAGE, speakers):
        found[int(mail.key.split(":")[1])] = mail
    return found


def _letters(begins: str, speakers: Sequence[Speaker]) -> list[Mail]:
    """Those to the present addresses, oldest first. Found by the address, which is indexed."""
    keys = tuple(_key(kind, one) for kind in (PAGE, NEWS) if kind.startswith(begins) for one in speakers)
    query = select(Mail).where(Mail.recipient.in_({one.email for one in speakers} - {""}), Mail.key.startswith(begins))
    return [mail for mail in db.session.scalars(query.order_by(Mail.id)) if mail.key.startswith(keys)]


def _key(kind: str, speaker: Speaker) -> str:
    """What the keys of letters to somebody's present address begin with."""
    return f"{kind}:{speaker.id}:{hashlib.sha256(speaker.email.encode()).hexdigest()[:8]}:"
