"""Letters to the owners of outcomes: before the due date once, afterwards weekly at most, and never against their will."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.core.clock import now
from app.core.database import db
from app.core.mail import Suppressed, queue_mail
from app.core.transactions import atomic, locked
from app.events import after_rules as rules
from app.events.links import absolute
from app.events.models import Outcome

SUBJECTS: dict[str, Callable[[str], str]] = {
    "outcome_given": lambda title: _("In your hands: a follow-up to %(title)s", title=title),
    "outcome_soon": lambda title: _("Due soon: your follow-up to %(title)s", title=title),
    "outcome_late": lambda title: _("How far is it? Your follow-up to %(title)s", title=title),
}
ONE_TURN = 100


def tell_owner(outcome: Outcome, template: str) -> bool:
    """Queue one of the letters of SUBJECTS, each once a day to whom it is in the hands of; False when nobody may be written
    to."""
    address = outcome.owner_email
    if not address or address.endswith(".invalid") or db.session.get(Suppressed, address) is not None:
        return False
    today = rules.the_day(now(), ZoneInfo(outcome.event.timezone))
    with force_locale(outcome.locale):
        subject = SUBJECTS[template](outcome.event.title)
    whose = hashlib.sha256(outcome.token.encode()).hexdigest()[:8]  # a new owner has a new one
    queue_mail(
        f"{template}:{outcome.id}:{today}:{whose}",
        address,
        template,
        subject,
        locale=outcome.locale,
        outcome=outcome,
        event=outcome.event,
        link=absolute("outcomes.own", token=outcome.token),
    )
    return True


def remind() -> None:
    """Write to every owner whose letter is due. Run as often as one likes: each letter is written once."""
    at, last = now(), 0
    while due := _candidates(last, (at + rules.LEAD + timedelta(days=1)).date()):
        for outcome_id in due:
            with atomic():
                _remind(outcome_id)
        last = due[-1]


def _candidates(after: int, until: object) -> list[int]:
    written = select(Suppressed.address)
    query = select(Outcome.id).where(
        Outcome.id > after, Outcome.status.in_(rules.RUNNING), Outcome.due_on <= until, Outcome.owner_email != "",
        Outcome.owner_email.not_in(written), Outcome.owner_email.not_like("%.invalid"),
    )  # fmt: skip
    found = list(db.session.scalars(query.order_by(Outcome.id).limit(ONE_TURN)))
    db.session.rollback()
    return found


def _remind(outcome_id: int) -> None:
    outcome: Outcome | None = locked(Outcome, outcome_id)
    if outcome is None or outcome.status not in rules.RUNNING:
        return
    today = rules.the_day(now(), ZoneInfo(outcome.event.timezone))
    found = rules.reminder(outcome.due_on, outcome.reminded_for, today)
    if found is not None and tell_owner(outcome, f"outcome_{found[0].value}"):
        outcome.reminded_for = found[1]
