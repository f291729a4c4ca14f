"""The base of every form, and fields that refuse politely what cannot be stored."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from flask import current_app, g, request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import DateField, Field, FileField, IntegerField, StringField, TextAreaField, i18n
from wtforms.fields import EmailField as WtfEmailField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, StopValidation, ValidationError

from app.core.ids import token
from app.core.money import NotAnAmount, amount_input, parse_amount
from app.web.formats import locale

# Direction overrides and isolates can make a name read as another; line separators break headers.
_REFUSED = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029, 0xFEFF)}

LONGEST_EMAIL = 254  # RFC 5321


def choices(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """The choices of a select field from (value, label) pairs."""
    return [SelectChoice(value=value, label=label) for value, label in pairs]


def row_id(value: Any) -> int:
    """Coerces a choice to the id of a row; 0 stands for none. Raises ValueError for all but plain digits."""
    text = "0" if value is None else str(value)
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ValueError(text)
    return int(text)


def house_zone() -> str:
    """The organisation's own time zone: the first one offered."""
    return str(current_app.config["KERMESSE"]["TIMEZONE"])


class Given(InputRequired):
    """Something was typed, and not only spaces. Leaves what the field itself has to say about it."""

    def __call__(self, form: Any, field: Any) -> None:
        if not any(isinstance(value, str) and value.strip() for value in field.raw_data or ()):
            field.errors = []
            raise StopValidation(self.message)


class Form(FlaskForm):
    """A form with CSRF protection whose hidden operation token makes sending it twice the same as once."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Only what a form sends. Flask-WTF would also read JSON, whose values need not be texts, and files, which
            would stand in for the texts of a form that asks for none."""
            automatic = formdata is not None and not hasattr(formdata, "getlist")
            if request and automatic and request.is_json:
                return ImmutableMultiDict()
            if request and automatic and form.is_submitted() and not any(isinstance(f, FileField) for f in form):
                return request.form
            return super().wrap_formdata(form, formdata)

        def get_translations(self, form: Any) -> Any:
            """WTForms' own texts. Flask-WTF would read their catalogue from the disk for every request."""
            return _texts_of_fields(locale())

    def errors_list(self) -> list[tuple[str, str]]:
        """(field id, message) of every error, for the summary."""
        return [(field.id, str(message)) for field in self for message in field.errors]


@cache
def _texts_of_fields(code: str) -> Any:
    return i18n.get_translations([code])


def clean(value: str | None) -> str:
    """Normalised text without surrounding space."""
    return unicodedata.normalize("NFC", (value or "").replace("\r\n", "\n")).strip()


def storable(value: str, *, lines: bool) -> bool:
    """Whether a text holds nothing invisible that cannot be kept; `lines`: it may have several."""
    for character in value:
        control = unicodedata.category(character) in ("Cc", "Cs") and not (lines and character in "\n\t")
        if control or character in _REFUSED:
            return False
    return True


def _refuse_unstorable(value: str, *, lines: bool) -> None:
    if not storable(value, lines=lines):
        raise ValidationError(_l("This holds an invisible character that cannot be kept. Type it again by hand."))


class TextField(StringField):
    """One line of text: at most `longest` characters, no control characters."""

    lines = False

    def __init__(self, *args: Any, longest: int = 200, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.longest = longest

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = clean(valuelist[0]) if valuelist else ""

    def pre_validate(self, form: Any) -> None:
        if len(self.data or "") > self.longest:
            raise ValidationError(_l("Keep this to %(count)s characters or fewer.", count=self.longest))
        _refuse_unstorable(self.data or "", lines=self.lines)


class LinesField(TextField, TextAreaField):
    """Several lines of text."""

    widget = TextAreaField.widget
    lines = True

    def __init__(self, *args: Any, longest: int = 20_000, **kwargs: Any) -> None:
        super().__init__(*args, longest=longest, **kwargs)


def normal_email(value: str) -> str:
    """The one form of an address under which a person is known. Raises ValueError."""
    if len(value) > LONGEST_EMAIL:
        raise ValueError(len(value))  # before the validator, which takes seconds over a megabyte
    try:
        found = validate_email(value.strip(), check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as fault:
        raise ValueError(str(fault)) from fault
    return found.normalized.lower()


class EmailField(WtfEmailField):
    """An e-mail address, kept in its normal form."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = clean(valuelist[0]) if valuelist else ""

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        try:
            self.data = normal_email(self.data)
        except ValueError:
            raise ValidationError(_l("Write an e-mail address like anna@example.org.")) from None


class WholeField(IntegerField):
    """A whole number within bounds, in plain digits."""

    def __init__(self, *args: Any, low: int = 0, high: int = 1_000_000, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.low, self.high = low, high

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.typed = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not self.typed:
            return
        if not self.typed.isascii() or not self.typed.lstrip("-").isdigit() or len(self.typed) > 12:
            raise ValueError(_l("Write a whole number in digits."))
        self.data = int(self.typed)

    def _value(self) -> str:
        return getattr(self, "typed", "") or ("" if self.data is None else str(self.data))

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and not self.low <= self.data <= self.high:
            raise ValidationError(_l("Write a number from %(low)s to %(high)s.", low=self.low, high=self.high))


class MoneyField(Field):
    """An amount. `data` is minor units; set `currency` before validating. What was typed is shown again as typed."""

    widget = StringField.widget
    currency = "CHF"
    data: int | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.typed = (valuelist[0] if valuelist else "").strip()
        self.data = None

    def pre_validate(self, form: Any) -> None:
        if not getattr(self, "typed", ""):
            return
        try:
            self.data = parse_amount(self.typed, self.currency)
        except NotAnAmount as fault:
            messages = {
                "form": _l("Write an amount like 35 or 35.50."),
                "decimals": _l("That has more decimals than %(currency)s has.", currency=self.currency),
                "large": _l("That is more than we can take. Look at the number again."),
            }
            raise ValidationError(messages[fault.reason]) from None

    def _value(self) -> str:
        if getattr(self, "typed", None) is not None:
            return str(self.typed)
        return "" if self.data is None else amount_input(self.data, self.currency)


class LocalTimeField(Field):
    """A `datetime-local` input. `data` is aware UTC; set `zone` before validating. Refuses times that a change of
    clocks skips."""

    widget = StringField.widget
    zone = "UTC"
    data: datetime | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.typed = (valuelist[0] if valuelist else "").strip()
        self.data = None

    def pre_validate(self, form: Any) -> None:
        if not getattr(self, "typed", ""):
            return
        try:
            naive = datetime.fromisoformat(self.typed)
        except ValueError:
            raise ValidationError(_l("Write a day and time that exist, like 2026-03-08 18:30.")) from None
        if naive.tzinfo is not None or not 1970 <= naive.year <= 2200:
            raise ValidationError(_l("Write a day and time between 1970 and 2200."))
        local = naive.replace(tzinfo=ZoneInfo(self.zone))
        if (
            self.object_data is not None
            and self.object_data.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None) == naive
        ):
            self.data = self.object_data  # as it was: of an hour that comes twice it may be the second
            return
        utc = local.astimezone(UTC)
        if utc.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None) != naive:
            raise ValidationError(_l("The clocks skip this hour that night. Choose another time."))
        self.data = utc

    def _value(self) -> str:
        if getattr(self, "typed", None) is not None:
            return str(self.typed)
        if self.data is None:
            return ""
        local = self.data.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        return local.isoformat(timespec="seconds" if local.second else "minutes")


YEARS = range(1970, 2201)  # our times


def written_day(text: str) -> date:
    """The day that is written like 2026-03-08, in plain digits. Raises ValueError."""
    if not text.isascii() or len(text) != 10:
        raise ValueError(text[:20])
    return date.fromisoformat(text)


class DayField(DateField):
    """A `date` input: a day of our times, written in plain digits. `data` is a date or None."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        text = (valuelist[0] if valuelist else "").strip()
        if not text:
            return
        try:
            day = written_day(text)
        except ValueError:
            raise ValueError(_l("Write a day that exists, like 2026-03-08.")) from None
        if day.year not in YEARS:
            raise ValueError(_l("Write a date between 1970 and 2200."))
        self.data = day


class OperationField(StringField):
    """A hidden token, new with each page shown: the same form sent twice carries the same one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        value = valuelist[0] if valuelist else ""
        self.data = value if 8 <= len(value) <= 64 and value.isascii() and value.isprintable() else token()

    def _value(self) -> str:
        return self.data or str(g.get("operation") or token())
