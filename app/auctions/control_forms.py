"""Forms of the control page. Several stand on one page: each field has a name of its own."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, SelectMultipleField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app.web.forms import Form, Given, LocalTimeField, OperationField, TextField, WholeField, choices, row_id

SAY = _l("Say it in a few words: everybody reads it.")


class StaggerForm(Form):
    """Closing in groups."""

    group = WholeField(_l("Lots that close together"), low=1, high=500, validators=[Given(_l("Write a number."))])
    step_s = WholeField(_l("Seconds between groups"), high=86_400, validators=[Given(_l("Write a number."))])


class ExtendForm(Form):
    """More time."""

    minutes = WholeField(_l("Minutes more"), low=1, high=10_080, validators=[Given(_l("Write a number."))])
    extend_lots = SelectMultipleField(
        _l("Only these lots (none ticked: all that are open)"),
        coerce=row_id,
        choices=choices([]),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    extend_notice = TextField(_l("Public notice"), longest=300, validators=[Given(SAY)])
    operation = OperationField()


class PauseForm(Form):
    """A pause."""

    pause_notice = TextField(_l("Public notice"), longest=300, validators=[Given(SAY)])


class ResumeForm(Form):
    """The end of a pause."""

    resume_notice = TextField(
        _l("Public notice"),
        longest=300,
        description=_l("Empty: the notice goes away."),
        render_kw={"autocomplete": "off"},
    )


class NoticeForm(Form):
    """A public notice alone."""

    notice = TextField(_l("Public notice"), longest=300, description=_l("Empty: the notice goes away."))


class AskVoidForm(Form):
    """Asking to void a bid of a closed lot."""

    void_lot = SelectField(_l("Lot"), coerce=row_id, choices=choices([]))
    seq = WholeField(
        _l("Number of the bid"),
        low=1,
        description=_l("As it stands in the lot’s log."),
        validators=[Given(_l("Write the bid's number."))],
    )
    reason = TextField(
        _l("Reason, shown to everybody"), longest=300, validators=[Given(_l("Give the reason in a few words."))]
    )


class ReopenForm(Form):
    """Opening unsold lots again. The time is in the auction's zone."""

    reopen_lots = SelectMultipleField(
        _l("Lots to open again"),
        coerce=row_id,
        choices=choices([]),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validators=[InputRequired(_l("Tick one lot or more."))],
    )
    until = LocalTimeField(_l("Until"), validators=[Given(_l("Say until when."))])
