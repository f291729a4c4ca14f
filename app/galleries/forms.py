"""Forms of galleries, artworks and consents."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import MultipleFileField
from wtforms import SelectField, SelectMultipleField
from wtforms.validators import DataRequired, InputRequired, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.clock import now
from app.galleries import rules
from app.galleries.models import Scope
from app.web.forms import DayField, Form, Given, LinesField, TextField, choices, row_id

SCOPES = {
    Scope.WEB: _l("On the web"),
    Scope.EXHIBITION: _l("In the exhibition"),
    Scope.AUCTION: _l("In an auction"),
    Scope.PRINT: _l("In print"),
    Scope.REPORT: _l("In the annual report"),
}
MOST_FILES = 60
MOST_THEMES = 40
NOT_AHEAD = _l("Write the day on which it was signed: it cannot lie ahead.")


class GalleryForm(Form):
    """A gallery and its themes, one a line."""

    title = TextField(_l("Title"), validators=[DataRequired(_l("Give it a title."))])
    campaign_id = SelectField(_l("Campaign"), coerce=row_id)
    summary = LinesField(_l("Summary"), longest=4000)
    themes = LinesField(
        _l("Themes"),
        longest=4000,
        description=_l("One a line. After a colon, the question that the pupils were asked."),
    )

    def theme_rows(self) -> list[tuple[str, str, str]]:
        """(slug, title, description) of each line; the slug is left to the service."""
        rows = []
        for line in (self.themes.data or "").splitlines():
            title, _, description = line.partition(":")
            if title.strip():
                rows.append(("", title.strip(), description.strip()))
        return rows

    def validate_themes(self, field: Any) -> None:
        """Titles that a chip can hold."""
        rows = self.theme_rows()
        if len(rows) > MOST_THEMES:
            raise ValidationError(_l("Keep to %(count)s themes or fewer.", count=MOST_THEMES))
        if any(len(title) > 120 for _slug, title, _description in rows):
            raise ValidationError(_l("Keep each theme’s title to %(count)s characters or fewer.", count=120))


class UploadForm(Form):
    """Several photographs at once."""

    files = MultipleFileField(_l("Photographs"), description=_l("JPEG, PNG, WebP, HEIC or AVIF; several at once."))

    def validate_files(self, field: Any) -> None:
        """At least one, and no more than can be handled in one go."""
        named = [file for file in field.data or [] if getattr(file, "filename", "")]
        if not named:
            raise ValidationError(_l("Choose one photograph or more."))
        if len(named) > MOST_FILES:
            raise ValidationError(_l("Send up to %(count)s photographs at once.", count=MOST_FILES))


class ArtworkForm(Form):
    """What the label says."""

    title = TextField(_l("Title"), validators=[DataRequired(_l("Give it a title."))])
    artist = TextField(
        _l("Artist as published"), longest=60, description=_l("A first name or a pseudonym. Never a full name.")
    )
    age_band = SelectField(_l("Age"), choices=choices((band, band or "–") for band in ("", *rules.AGE_BANDS)))
    theme_id = SelectField(_l("Theme"), coerce=row_id)
    school_id = SelectField(_l("School"), coerce=row_id)
    medium = TextField(_l("Medium"), longest=120)
    size = TextField(_l("Size"), longest=60)
    caption = LinesField(_l("In the artist’s words"), longest=1000)
    alt = TextField(
        _l("Alternative text"),
        longest=400,
        description=_l("What the picture shows, for those who cannot see it."),
        validators=[DataRequired(_l("Describe the picture in a sentence."))],
    )

    def validate_artist(self, field: Any) -> None:
        """One name, at most with an initial."""
        if not rules.publishable_name(field.data or ""):
            raise ValidationError(_l("Write a first name or a pseudonym only: a child’s full name is never published."))


class ConsentForm(Form):
    """A guardian's consent, for each use by itself."""

    guardian = TextField(
        _l("Guardian who gave it"), longest=120, validators=[DataRequired(_l("Write who gave the consent."))]
    )
    text_version = TextField(
        _l("Version of the text signed"), longest=40, validators=[DataRequired(_l("Write the version of the text."))]
    )
    scopes = SelectMultipleField(
        _l("Given for"),
        choices=choices((scope.value, label) for scope, label in SCOPES.items()),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validators=[InputRequired(_l("Tick one use or more."))],
    )
    given_on = DayField(_l("Signed on"), validators=[Given(NOT_AHEAD)], default=lambda: now().date())

    def validate_given_on(self, field: Any) -> None:
        """A day that has come, somewhere on earth."""
        if field.data and field.data > (now() + timedelta(hours=14)).date():
            raise ValidationError(NOT_AHEAD)

    @property
    def given_at(self) -> datetime:
        """Noon of that day, which is the same date in nearly every zone; for today, now."""
        return min(datetime.combine(self.given_on.data, time(12), UTC), now())
