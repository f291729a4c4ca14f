"""Forms of outcomes: recording one, following it up, and what its owner tells."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField
from wtforms.validators import DataRequired, ValidationError
from wtforms.validators import Optional as OptionalValue

from app.config import LANGUAGES
from app.events.models import OutcomeKind, OutcomeStatus
from app.web.forms import DayField, EmailField, Form, LinesField, TextField, choices

KINDS = {
    OutcomeKind.RECOMMENDATION: _l("Recommendation"),
    OutcomeKind.DECISION: _l("Decision"),
    OutcomeKind.ACTION: _l("Action"),
}
STATES = {
    OutcomeStatus.OPEN: _l("Not begun"),
    OutcomeStatus.IN_PROGRESS: _l("Under way"),
    OutcomeStatus.DONE: _l("Done"),
    OutcomeStatus.DROPPED: _l("Dropped"),
}
COLOURS = {"in_progress": "accent", "done": "success"}


class OutcomeForm(Form):
    """Record an outcome, or change it."""

    kind = SelectField(_l("Kind"), choices=choices(KINDS.items()), coerce=str)
    text = LinesField(
        _l("What is to be done?"),
        longest=4000,
        validators=[DataRequired(_l("Write what was recommended or decided."))],
        render_kw={"rows": 4, "maxlength": 4000},
    )
    addressee = TextField(
        _l("To whom"), longest=200, description=_l("Such as: governments, agencies, partners. Shown to the public.")
    )
    due_on = DayField(_l("Due on"), validators=[OptionalValue()])
    owner = TextField(_l("Who sees to it"), longest=120, description=_l("A name. Only organisers see it."))
    owner_email = EmailField(
        _l("Their e-mail address"),
        validators=[OptionalValue()],
        description=_l(
            "They are reminded a week before the due date, and weekly once it has passed. They answer without an account."
        ),
        render_kw={"inputmode": "email", "maxlength": 254},
    )
    locale = SelectField(_l("Language of their letters"), choices=choices(LANGUAGES.items()), coerce=str)
    public = BooleanField(_l("May be shown to the public"), default=True)

    def validate_owner(self, field: Any) -> None:
        """A name goes with an address of somebody."""
        if self.owner_email.data and not field.data:
            raise ValidationError(_("Write the name of whoever has this address."))

    @property
    def values(self) -> dict[str, Any]:
        """What `record_outcome` and `change_outcome` take."""
        found = {name: value for name, value in self.data.items() if name != "csrf_token"}
        return found | {"kind": OutcomeKind(found["kind"])}


class FollowUpForm(Form):
    """An organiser notes a step."""

    status = SelectField(_l("State"), choices=choices(STATES.items()), coerce=str)
    text = LinesField(_l("What is new"), longest=4000, render_kw={"rows": 3, "maxlength": 4000})
    public = BooleanField(_l("May be shown to the public"))


class ProgressForm(Form):
    """The owner tells how far it is."""

    status = RadioField(
        _l("How far is it?"),
        choices=choices(
            (state, STATES[state]) for state in (OutcomeStatus.OPEN, OutcomeStatus.IN_PROGRESS, OutcomeStatus.DONE)
        ),
        coerce=str,
        validators=[DataRequired(_l("Choose how far it is."))],
    )
    text = LinesField(
        _l("In a few words"),
        longest=4000,
        description=_l("What was done, what stands in the way. The organisers read it, and may show it to the public."),
        render_kw={"rows": 4, "maxlength": 4000},
    )


class ResignationForm(Form):
    """The owner lets it go."""

    word = TextField(
        _l("Who could take it on?"), longest=300, description=_l("If you know. Only the organisers read it.")
    )
