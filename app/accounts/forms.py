"""Forms of signing in and of one's own account."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField, SelectField
from wtforms.validators import InputRequired, Length, Regexp

from app.config import LANGUAGES
from app.web.access import ROLES
from app.web.forms import EmailField, Form, Given, TextField, choices


class EmailForm(Form):
    """Ask for a code."""

    email = EmailField(
        _l("Your e-mail address"),
        validators=[Given(_l("Write your e-mail address: the code is sent there."))],
        render_kw={"autocomplete": "email", "inputmode": "email", "maxlength": 254},
    )
    next = HiddenField()


class CodeForm(Form):
    """Type the code."""

    code = TextField(
        _l("Code from the mail"),
        longest=12,
        filters=[lambda value: "".join((value or "").split())],
        validators=[
            Given(_l("Type the six digits from the mail.")),
            Regexp(r"^[0-9]{6}$", message=_l("The code has six digits.")),
        ],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12},
    )


class PasswordSignInForm(Form):
    """Sign in by password, for those who set one."""

    email = EmailField(
        _l("Your e-mail address"),
        validators=[Given(_l("Write your e-mail address."))],
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        _l("Password"),
        validators=[InputRequired(_l("Write your password.")), Length(max=1000)],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


class NewPasswordForm(Form):
    """Set or change the optional password."""

    password = PasswordField(
        _l("New password"),
        description=_l("Twelve characters or more. A sentence is good."),
        validators=[
            InputRequired(_l("Write a new password.")),
            Length(min=12, max=200, message=_l("Use from 12 to 200 characters.")),
        ],
        render_kw={"autocomplete": "new-password"},
    )


class ProfileForm(Form):
    """Name and language."""

    name = TextField(
        _l("Your name"),
        longest=120,
        validators=[Given(_l("Write your name as it should stand on a receipt."))],
        render_kw={"autocomplete": "name"},
    )
    locale = SelectField(_l("Language of your mails"), choices=choices(LANGUAGES.items()))


ROLE_NAMES = {
    "admin": _l("Administrator"),
    "organiser": _l("Organiser"),
    "curator": _l("Curator"),
    "treasurer": _l("Treasurer"),
    "helper": _l("Helper"),
    "member": _l("Member"),
}


class RoleForm(Form):
    """Give somebody a role."""

    email = EmailField(_l("E-mail address"), validators=[Given(_l("Write an e-mail address."))])
    role = SelectField(_l("Role"), choices=choices((role, ROLE_NAMES[role]) for role in ROLES if role != "member"))
