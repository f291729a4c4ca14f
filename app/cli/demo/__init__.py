"""The demonstration: the season of 2006 as it was, and one season now, running when a newcomer looks.

Everything goes through the same services as in daily use; the past is made by letting the clock travel. Safe to repeat:
each stage looks first whether it stands.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import update

from app.cli.demo import after, auctions, door, invitations, letters, people, pictures, planning, programme, waiting
from app.core.database import db
from app.core.mail import Mail, MailState
from app.core.transactions import atomic

Say = Callable[[str], None]
ALL_WORKS = 40


def seed(say: Say, works: int = ALL_WORKS) -> None:
    """Fill the demonstration where it is missing. `works` limits the pictures drawn, for tests."""
    if people.complete() and after.complete() and auctions.complete():
        return
    say("filling the demonstration with content")
    people.seed()
    programme.seed()
    waiting.seed()
    planning.seed()
    invitations.seed()
    letters.seed()
    door.seed()
    after.seed()
    say(f"drawing {works} pictures and hanging them; this takes a minute")
    pictures.seed(works)
    say("holding the auction of 2006, and opening this year's")
    auctions.seed()
    _quiet_past()
    db.session.remove()


def _quiet_past() -> None:
    """The mails of the seeded past count as sent when they were written; the newest stay in the viewer."""
    with atomic():
        db.session.execute(
            update(Mail).where(Mail.state == MailState.QUEUED).values(state=MailState.SENT, sent_at=Mail.created_at)
        )
