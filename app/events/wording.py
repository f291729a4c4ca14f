"""What a registration's state is called, to its own people: the same words on its page, beside the event, in the account."""

from __future__ import annotations

from flask_babel import gettext as _

from app.events.models import EventStatus, Registration, RegistrationStatus
from app.events.rules import Reason


def headline(registration: Registration, *, over: bool = False) -> str:
    """The state in one sentence."""
    state, cancelled = registration.status, registration.event.status is EventStatus.CANCELLED
    if state is RegistrationStatus.WITHDRAWN:
        return str(_("You are not registered any more"))
    if state is RegistrationStatus.DECLINED:
        return str(_("No seat this time"))
    if cancelled:
        return str(_("Cancelled"))
    if over and registration.seated:
        return str(_("Thank you for coming"))
    if over:
        return str(_("The event is over"))
    if state is RegistrationStatus.REQUESTED:
        return str(_("Your request is with the organisers"))
    if state is RegistrationStatus.OFFERED:
        return str(_("Seats are kept for you: do you want them?"))
    if state is RegistrationStatus.CONFIRMED:
        return str(_("You have a seat"))
    return str(_("Some of your seats are yours") if registration.seated else _("You are on the waiting list"))


def badge(registration: Registration) -> tuple[str, str]:
    """(word, kind of badge) of the state."""
    if registration.status is RegistrationStatus.WAITING and registration.seated:
        return str(_("%(seated)s of %(party)s seats", seated=registration.seated, party=registration.party)), "warning"
    words = {
        RegistrationStatus.CONFIRMED: (_("Confirmed"), "success"),
        RegistrationStatus.WAITING: (_("Waiting"), "warning"),
        RegistrationStatus.REQUESTED: (_("Requested"), "neutral"),
        RegistrationStatus.OFFERED: (_("Your answer is awaited"), "joy"),
        RegistrationStatus.WITHDRAWN: (_("Withdrawn"), "neutral"),
        RegistrationStatus.DECLINED: (_("Declined"), "neutral"),
    }
    word, kind = words[registration.status]
    return str(word), kind


def in_account(registration: Registration) -> str:
    """The state in the list of the account."""
    if registration.event.status is EventStatus.CANCELLED:
        return str(_("cancelled"))
    if registration.event.status is EventStatus.POSTPONED:
        return str(_("postponed"))
    if registration.status is RegistrationStatus.WAITING and registration.seated:
        return badge(registration)[0]
    words = {
        RegistrationStatus.WAITING: _("waiting list"),
        RegistrationStatus.REQUESTED: _("requested"),
        RegistrationStatus.OFFERED: _("your answer is awaited"),
    }
    return str(words.get(registration.status, _("you have a seat")))


def outcome(registration: Registration, made: bool) -> tuple[str, str]:
    """(what to say to somebody who has just registered, kind of message)."""
    state = registration.status
    if state is RegistrationStatus.WITHDRAWN:
        return _("This registration was withdrawn. To come after all, register again on the event's page."), "warning"
    if state is RegistrationStatus.DECLINED:
        return _("The organisers could not say yes to this registration."), "warning"
    if not made:
        return _("You had registered already: here it is."), "info"
    if state is RegistrationStatus.REQUESTED:
        return _("Your request is with the organisers. You have their answer by mail."), "info"
    if state is RegistrationStatus.WAITING and registration.seated:
        return _("Some of your seats are yours already. We mail you as soon as you have the others."), "success"
    if state is RegistrationStatus.WAITING:
        return _("It is full, so you are on the waiting list. We mail you as soon as you have a seat."), "info"
    return _("You have a seat. See you there!"), "success"


def withdrawal_refused(reason: Reason) -> str:
    """Why a registration cannot be withdrawn."""
    if reason is Reason.ARRIVED:
        return str(_("One of the party is in the house already, so there is nothing to withdraw from."))
    return str(_("The event is over, so there is nothing to withdraw from."))
