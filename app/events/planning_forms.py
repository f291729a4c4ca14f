"""Forms of an event's programme, of its copies, and of series."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import DataRequired, ValidationError
from wtforms.validators import Optional as OptionalValue
from wtforms.widgets import DateTimeLocalInput

from app.config import LANGUAGES
from app.events.forms import Checkboxes
from app.events.models import Event
from app.events.programme import outside
from app.events.timing import Rhythm
from app.web.formats import span
from app.web.forms import EmailField, Form, Given, LinesField, LocalTimeField, TextField, WholeField, choices, row_id

RHYTHMS = {
    Rhythm.WEEK: _l("Every week"),
    Rhythm.FORTNIGHT: _l("Every two weeks"),
    Rhythm.MONTH_WEEK: _l("Every month, on the same weekday (such as its second Tuesday)"),
    Rhythm.MONTH_DAY: _l("Every month, on the same date"),
}
MOST_COPIES = 53


class SessionForm(Form):
    """A part of the programme. Times are read in the event's zone."""

    title = TextField(_l("Title"), longest=200, validators=[DataRequired(_l("Give the session a title."))])
    starts_at = LocalTimeField(_l("Begins"), widget=DateTimeLocalInput(), validators=[Given(_l("Say when it begins."))])
    ends_at = LocalTimeField(_l("Ends"), widget=DateTimeLocalInput(), validators=[Given(_l("Say when it ends."))])
    place = TextField(
        _l("Place"), longest=300, description=_l("Only if it is not where the event is: a room, a second floor.")
    )
    summary = LinesField(_l("What it is about"), longest=5000, render_kw={"rows": 4})
    speaker_ids = Checkboxes(_l("Who speaks"), coerce=row_id)

    def __init__(self, *args: Any, event: Event, speakers: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        self.speaker_ids.choices = choices(speakers)
        for field in (self.starts_at, self.ends_at):
            field.zone = event.timezone

    def validate_starts_at(self, field: Any) -> None:
        """Within the event's time."""
        if field.data and not self.event.starts_at <= field.data <= self.event.ends_at:
            raise ValidationError(self._beyond())

    def validate_ends_at(self, field: Any) -> None:
        """After its beginning, and within the event's time."""
        if field.data and self.starts_at.data and field.data <= self.starts_at.data:
            raise ValidationError(_("It ends before it begins. Look at both times."))
        if field.data and outside(self.event, self.event.starts_at, field.data):
            raise ValidationError(self._beyond())

    def _beyond(self) -> str:
        event = self.event
        when = span(event.starts_at, event.ends_at, event.timezone)
        return str(_("That is outside the event, which goes on %(when)s.", when=when))

    @property
    def values(self) -> dict[str, Any]:
        """What `programme.save_session` takes."""
        return {name: value for name, value in self.data.items() if name != "csrf_token"}


class SpeakerForm(Form):
    """Who speaks, as announced."""

    name = TextField(_l("Name"), longest=120, validators=[DataRequired(_l("Write the name as it is announced."))])
    affiliation = TextField(
        _l("From where"), longest=200, description=_l("A post, an organisation, a school: one line below the name.")
    )
    biography = LinesField(
        _l("In a few sentences"), longest=3000, description=_l("You may use Markdown."), render_kw={"rows": 5}
    )
    moderates = BooleanField(_l("Moderates"))
    email = EmailField(
        _l("E-mail address"), validators=[OptionalValue()], description=_l("For you alone. It is shown nowhere.")
    )
    locale = SelectField(_l("Language of their letters"), choices=choices(LANGUAGES.items()), coerce=str)

    @property
    def values(self) -> dict[str, Any]:
        """What `programme.save_speaker` takes."""
        return {name: value or "" if name != "moderates" else value for name, value in self.data.items()
                if name != "csrf_token"}  # fmt: skip


class CopyForm(Form):
    """Draft an event once more, or several times."""

    starts_at = LocalTimeField(
        _l("The first one starts"), widget=DateTimeLocalInput(), validators=[Given(_l("Say when it starts."))]
    )
    times = WholeField(
        _l("How many drafts?"), low=1, high=MOST_COPIES, default=1, validators=[Given(_l("Write how many."))],
        description=_l("One is a copy. More become events of a series."),
    )  # fmt: skip
    rhythm = SelectField(_l("How often"), choices=choices(RHYTHMS.items()), default=Rhythm.MONTH_WEEK.value, coerce=str)
    series_id = SelectField(_l("Series"), coerce=row_id)

    def __init__(self, *args: Any, event: Event, series: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.starts_at.zone = event.timezone
        if event.series_id:
            kept = [(number, title) for number, title in series if number == event.series_id]
            self.series_id.choices = choices(kept)
        else:
            self.series_id.choices = choices([(0, _("A new one, if there are several")), *series])


class SeriesForm(Form):
    """Begin or change a series."""

    title = TextField(_l("Title"), longest=200, validators=[DataRequired(_l("Give the series a title."))])
    summary = LinesField(
        _l("What it is about"), longest=5000, description=_l("You may use Markdown."), render_kw={"rows": 5}
    )


class PutInForm(Form):
    """Put an event into a series."""

    event_id = SelectField(_l("Put an event in"), coerce=row_id)

    def __init__(self, *args: Any, events: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event_id.choices = choices(events)
