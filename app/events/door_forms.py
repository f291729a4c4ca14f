"""What comes from a door: forms, and the scans that a device sends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField
from wtforms.validators import DataRequired, ValidationError

from app.core.clock import now
from app.events.door import Kind, Scan
from app.events.models import SeatPool
from app.web.forms import Form, Given, OperationField, TextField, WholeField, choices, clean, row_id

MOST_SCANS = 100  # in one request
LARGEST_ID = 2**31 - 1
_SCAN_ID = re.compile(r"[0-9A-Za-z_-]{8,64}")
NUMBER = {"inputmode": "numeric", "autocomplete": "off"}


class Unseen(HiddenField):
    """A hidden text that the page made. Whatever comes back in its place is kept short and harmless."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = (valuelist[0] if valuelist else "")[:40]
        self.data = text if text.isascii() and text.isprintable() else ""


class ArrivalForm(Form):
    """Somebody stands at the door: a ticket's code, or a name to look for, or a registration that was found by it."""

    code = TextField(
        _l("Code or name"),
        longest=120,
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "enterkeyhint": "go"},
    )
    registration = Unseen()
    people = WholeField(
        _l("How many"),
        low=1,
        high=1000,
        default=1,
        validators=[Given(_l("Write how many come in now."))],
        render_kw=NUMBER,
    )
    operation = OperationField()

    def validate_code(self, field: Any) -> None:
        """Something to go by."""
        if not field.data and self.registration_id is None:
            raise ValidationError(_("Scan the ticket, type its code, or write a name."))

    @property
    def registration_id(self) -> int | None:
        """The registration that was chosen from a list."""
        text = self.registration.data or ""
        return int(text) if re.fullmatch(r"[1-9][0-9]{0,9}", text) and int(text) <= LARGEST_ID else None


class WalkInForm(Form):
    """Somebody without a registration."""

    name = TextField(_l("Name"), longest=120, description=_l("Not needed."), render_kw={"autocomplete": "off"})
    people = WholeField(
        _l("How many"),
        low=1,
        high=1000,
        default=1,
        validators=[Given(_l("Write how many come in now."))],
        render_kw=NUMBER,
    )
    operation = OperationField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name.id, self.people.id = "walk-in-name", "walk-in-people"  # three forms share the page

    @property
    def shown_name(self) -> str:
        """The name, or the word for somebody who gave none."""
        return self.name.data or str(_("Walk-in"))


class DoorForm(Form):
    """Open a door on this device. `device` is filled in by its script: without one nobody could stand there."""

    name = TextField(
        _l("Name of the door"),
        longest=80,
        description=_l("Such as North, or Main entrance: the other doors send people there."),
        validators=[DataRequired(_l("Give the door a name."))],
        render_kw={"autocomplete": "off"},
    )
    pool_id = SelectField(_l("Seats of"), coerce=row_id)
    allotment = WholeField(
        _l("Seats for walk-ins while there is no network"),
        low=0,
        high=10_000,
        default=0,
        description=_l("They are kept for this door until it is closed; then they are given back."),
        validators=[Given(_l("Write a number; 0 if nobody without a registration may come in then."))],
        render_kw=NUMBER,
    )
    device = Unseen()

    def __init__(self, *args: Any, pools: Sequence[SeatPool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name.id = "door-name"
        self.pool_id.choices = choices([(pool.id, pool.name or _("The room")) for pool in pools])

    def validate(self, extra_validators: object = None) -> bool:
        """Only a script can stand at a door. What is wrong with a hidden field is said beside the name."""
        good = super().validate(extra_validators)
        if not self.device.data and not self.name.errors:
            words = _("This browser runs no scripts, so it cannot keep a door. Use the form for tickets.")
            self.name.errors, good = [words], False
        if self.pool_id.errors and not self.name.errors:
            self.name.errors = list(self.pool_id.errors)
        return good


def read_scan(value: Any) -> Scan | None:
    """One scan as a device sends it, or None for what no device of ours sends."""
    if not isinstance(value, dict):
        return None
    kind, people, number = value.get("kind"), value.get("people", 1), value.get("registration")
    texts = {name: value.get(name, "") for name in ("id", "code", "name", "of")}
    flags = {name: value.get(name, False) for name in ("offline", "let_in", "anyway")}
    good = (
        all(isinstance(text, str) for text in texts.values())
        and all(isinstance(flag, bool) for flag in flags.values())
        and _SCAN_ID.fullmatch(texts["id"]) is not None
        and kind in tuple(Kind)
        and (kind != Kind.UNDO or _SCAN_ID.fullmatch(texts["of"]) is not None)
        and _whole(people, 1, 1000)
        and (number is None or _whole(number, 1, LARGEST_ID))
    )
    if not good:
        return None
    return Scan(
        id=texts["id"], kind=Kind(str(kind)), code=texts["code"][:60], registration_id=number, people=people,
        at=_moment(value.get("at")), name=_name(texts["name"]) or (_("Walk-in") if kind == Kind.WALK_IN else ""), of=texts["of"], **flags,
    )  # fmt: skip


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _moment(value: Any) -> datetime | None:
    """A device's time in milliseconds since 1970; None for a clock that is out by more than two days."""
    if not _whole(value, 0, 10**14):
        return None
    found = datetime.fromtimestamp(value // 1000, UTC)
    return found if abs(found - now()) < timedelta(days=2) else None


def _name(text: str) -> str:
    return clean("".join(letter for letter in text[:120] if letter.isprintable()))
