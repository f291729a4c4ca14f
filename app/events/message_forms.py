"""Forms of an organiser's messages."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import SelectField
from wtforms.validators import ValidationError

from app.events import placeholders
from app.web.forms import Form, Given, LinesField, OperationField, TextField, choices, row_id

NEVER = 0
HOURS = (3, 24, 48, 72, 168)


class MessageForm(Form):
    """Write a message."""

    part = SelectField(_l("To"))
    subject = TextField(_l("Subject"), longest=200, validators=[Given(_l("Say in a few words what it is about."))])
    body = LinesField(
        _l("Text"),
        longest=10_000,
        validators=[Given(_l("Write what you want to tell them."))],
        description=_l(
            "You may use Markdown, and these words in braces, which stand for what is true for each reader: %(names)s.",
            names=", ".join(f"{{{name}}}" for name in placeholders.NAMES),
        ),
        render_kw={"rows": 12},
    )
    operation = OperationField()

    def __init__(self, *args: Any, parts: list[tuple[str, str, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.part.choices = choices((part, f"{label} ({number})") for part, label, number in parts)

    def validate_subject(self, field: Any) -> None:
        """Only placeholders that we know."""
        _refuse_unknown(field)

    def validate_body(self, field: Any) -> None:
        """Only placeholders that we know."""
        _refuse_unknown(field)


def _refuse_unknown(field: Any) -> None:
    if found := placeholders.unknown(field.data or ""):
        known = ", ".join(f"{{{name}}}" for name in placeholders.NAMES)
        raise ValidationError(
            _("We do not know {%(unknown)s}. You can use %(known)s.", unknown="}, {".join(found[:3]), known=known)
        )


class ReminderForm(Form):
    """When everybody with a seat is reminded."""

    remind_hours = SelectField(_l("Remind everybody who has a seat"), coerce=row_id)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hours = sorted({*HOURS, int(kwargs.get("remind_hours") or 0)} - {NEVER})
        pairs = [(NEVER, _("Never")), *((number, _before(number)) for number in hours)]
        self.remind_hours.choices = choices(pairs)


def _before(hours: int) -> str:
    if hours % 24:
        return str(ngettext("%(num)d hour before", "%(num)d hours before", hours))
    return str(ngettext("%(num)d day before", "%(num)d days before", hours // 24))
