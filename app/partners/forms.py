"""Forms of partners."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import DataRequired, Regexp, ValidationError
from wtforms.validators import Optional as OptionalValue

from app.partners.models import PartnerKind
from app.web.forms import EmailField, Form, LinesField, TextField, choices

KINDS = {
    PartnerKind.NGO: _l("NGO"),
    PartnerKind.SCHOOL: _l("School"),
    PartnerKind.AGENCY: _l("Agency"),
    PartnerKind.COMPANY: _l("Company"),
    PartnerKind.DONOR: _l("Donor"),
}
_HOST = re.compile(r"[A-Za-z0-9.-]+", re.ASCII)


def web_address(form: Any, field: Any) -> None:
    """Validator: an absolute http or https address without user or blanks in it."""
    if not field.data:
        return
    try:
        parts = urlsplit(field.data)
        port = parts.port
    except ValueError:
        raise ValidationError(_l("Write a web address like https://example.org/page.")) from None
    spaced = any(character.isspace() for character in field.data)
    named = parts.scheme in ("http", "https") and _HOST.fullmatch(parts.hostname or "") and "@" not in parts.netloc
    if spaced or not named or port == 0:
        raise ValidationError(_l("Write a web address like https://example.org/page."))


class PartnerForm(Form):
    """Add or edit a partner."""

    name = TextField(_l("Name"), longest=200, validators=[DataRequired(_l("Write the partner's name."))])
    kind = SelectField(_l("Kind"), choices=choices(KINDS.items()))
    city = TextField(_l("City"), longest=120)
    country = TextField(
        _l("Country"),
        longest=2,
        description=_l("Two letters, like CH or SN."),
        filters=[lambda value: (value or "").upper()],
        validators=[OptionalValue(), Regexp(r"^[A-Z]{2}$", message=_l("Write two letters, like CH or SN."))],
    )
    website = TextField(_l("Web address"), longest=300, validators=[web_address])
    email = EmailField(_l("E-mail address"), validators=[OptionalValue()])
    summary = LinesField(_l("About them, for the public"), longest=5000, description=_l("You may use Markdown."))
