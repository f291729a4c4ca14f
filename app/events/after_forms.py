"""Forms of what follows an event: feedback, describing oneself, and what organisers decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField
from wtforms.validators import DataRequired, ValidationError
from wtforms.validators import Optional as OptionalValue

from app.events.models import Event, Registration, Stage
from app.web.forms import Form, Given, LinesField, WholeField, choices

CATEGORIES = {
    "woman": _l("Woman"),
    "man": _l("Man"),
    "other": _l("Other"),
    "unsaid": _l("I prefer not to say"),
}
COUNTED = {
    "woman": _l("Women"),
    "man": _l("Men"),
    "other": _l("Other"),
    "unsaid": _l("Preferred not to say"),
}
STAGES = {
    Stage.INVITED: _l("Were invited"),
    Stage.REGISTERED: _l("Were registered"),
    Stage.ATTENDED: _l("Came"),
    Stage.SPOKE: _l("Spoke"),
}
RATINGS = {
    "5": _l("5: very good"),
    "4": _l("4: good"),
    "3": _l("3: fair"),
    "2": _l("2: poor"),
    "1": _l("1: a waste of time"),
}


class DeclarationForm(Form):
    """How somebody describes themselves, if they want to say."""

    category = RadioField(
        _l("How do you describe yourself?"),
        choices=choices(CATEGORIES.items()),
        validators=[DataRequired(_l("Choose one, or leave this page: you need not answer."))],
        coerce=str,
    )


class FeedbackForm(Form):
    """What somebody thought of an event. `category` stands there only where composition is asked for."""

    rating = RadioField(
        _l("How was it for you?"),
        choices=choices(RATINGS.items()),
        validators=[DataRequired(_l("Choose a number from 1 to 5."))],
        coerce=str,
    )
    liked = LinesField(_l("What was good?"), longest=2000, render_kw={"rows": 3, "maxlength": 2000})
    improve = LinesField(_l("What should be better next time?"), longest=2000, render_kw={"rows": 3, "maxlength": 2000})
    category = RadioField(
        _l("How do you describe yourself?"),
        choices=choices(CATEGORIES.items()),
        validators=[OptionalValue()],
        coerce=str,
        description=_l("Only if you want to say. It is counted apart from your answer and from your name."),
    )

    def __init__(self, *args: Any, composition: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not composition:
            del self.category


class AfterForm(Form):
    """What an organiser decides about the time after an event."""

    minutes = LinesField(
        _l("Minutes"),
        longest=50_000,
        description=_l("You may use Markdown. Whoever was registered reads them on the page of their registration."),
        render_kw={"rows": 12},
    )
    minutes_public = BooleanField(_l("Show the minutes on the event’s page, to everybody who sees it"))
    outcomes_public = BooleanField(_l("Show the outcomes to the public, with how far each one is"))
    feedback_asked = BooleanField(_l("Thank whoever came by mail, and ask what they thought"))
    feedback_public = BooleanField(_l("Show on the event’s page how it was rated, never the words"))
    certificates = BooleanField(_l("Whoever was counted in may download a certificate of attendance"))
    composition_asked = BooleanField(
        _l("Ask people how they describe themselves (woman, man, other); nobody must answer")
    )
    composition_public = BooleanField(
        _l(
            "Show on the event’s page how those who took part described themselves, and add it up on that of its campaign"
        )
    )
    minimum_cell = WholeField(
        _l("Smallest number to be shown"),
        low=3,
        high=50,
        validators=[Given(_l("Write a number from 3 to 50."))],
        description=_l("Results of the feedback and counts below it are shown to nobody, not even to you."),
    )

    def __init__(self, *args: Any, event: Event, declared: bool, **kwargs: Any) -> None:
        super().__init__(*args, obj=event, **kwargs)
        self.promised = event.minimum_cell if declared else 0

    def validate_minimum_cell(self, field: Any) -> None:
        """What people were told before they answered stays true."""
        if field.data is not None and field.data < self.promised:
            raise ValidationError(
                _(
                    "People have answered, trusting that nothing below %(number)s is shown. It can only rise.",
                    number=self.promised,
                )
            )

    @property
    def values(self) -> dict[str, Any]:
        """What `decide_after` takes."""
        return {name: value for name, value in self.data.items() if name != "csrf_token"}


class PanelForm(Form):
    """The organiser's own count of a panel."""

    woman = WholeField(_l("Women"), high=1000, default=0, validators=[Given(_l("Write a number, or 0."))])
    man = WholeField(_l("Men"), high=1000, default=0, validators=[Given(_l("Write a number, or 0."))])
    other = WholeField(_l("Other"), high=1000, default=0, validators=[Given(_l("Write a number, or 0."))])

    @property
    def values(self) -> dict[str, int]:
        """The counts by category."""
        return {name: self[name].data or 0 for name in ("woman", "man", "other")}


def attendance_form(rows: Sequence[Registration], typed: Any = None) -> Form:
    """A form with how many of each of these parties came: fields `came_<id>`."""
    fields = {f"came_{row.id}": _came(row) for row in rows}
    made: Form = type("AttendanceForm", (Form,), fields)(typed)
    return made


def _came(row: Registration) -> WholeField:
    words = _("How many of %(name)s came", name=row.name)
    return WholeField(
        words, low=0, high=row.party, default=row.arrived, validators=[Given(_l("Write how many came; 0 for nobody."))],
        render_kw={"inputmode": "numeric", "aria-label": words, "size": 3},
    )  # fmt: skip
