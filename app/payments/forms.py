"""Forms of paying and of the desk."""

from __future__ import annotations

from typing import TypeVar

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import DataRequired, InputRequired, Optional, ValidationError

from app.payments.models import Method
from app.web.forms import Form, MoneyField, OperationField, TextField, choices

FormT = TypeVar("FormT", bound=Form)


def above_nothing(form: Form, field: MoneyField) -> None:
    """Refuse zero, and a blank that a browser let through."""
    if not field.data and not field.errors:
        raise ValidationError(_l("Write an amount above nothing."))


def apart(form: FormT, suffix: object) -> FormT:
    """The same form several times on a page: ids of its own for each, so that labels and messages point right."""
    for field in form:
        field.id = field.label.field_id = f"{field.id}-{suffix}"
    return form


class PayForm(Form):
    """Go to the checkout."""

    operation = OperationField()


class ExtrasForm(Form):
    """What a buyer adds of their own will."""

    donation = MoneyField(
        _l("A donation besides"), validators=[Optional()], render_kw={"inputmode": "decimal", "autocomplete": "off"}
    )
    cover_fee = BooleanField(_l("I also cover the card fee"))


class CashForm(Form):
    """Money taken at the desk, or seen on the bank's statement."""

    amount = MoneyField(_l("Amount taken"), validators=[InputRequired(_l("Write the amount.")), above_nothing])
    method = SelectField(
        _l("How"), choices=choices([(Method.CASH.value, _l("Cash")), (Method.TRANSFER.value, _l("Bank transfer"))])
    )
    operation = OperationField()


class RefundForm(Form):
    """Money given back at the desk."""

    amount = MoneyField(_l("Amount given back"), validators=[InputRequired(_l("Write the amount.")), above_nothing])
    reason = TextField(_l("Reason"), longest=300, validators=[DataRequired(_l("Give the reason in a few words."))])
    operation = OperationField()


class VoidForm(Form):
    """An invoice taken back."""

    reason = TextField(_l("Reason"), longest=300, validators=[DataRequired(_l("Give the reason in a few words."))])


class ChargeForm(Form):
    """A kept card is charged without its holder."""

    sure = BooleanField(
        _l("Charge the card now: the terms allow it"),
        validators=[DataRequired(_l("Tick this to say that you decide it."))],
    )
    operation = OperationField()


class PayoutForm(Form):
    """Money that reached the partner."""

    amount = MoneyField(_l("Amount paid out"), validators=[InputRequired(_l("Write the amount.")), above_nothing])
    memo = TextField(
        _l("Reference of the transfer"), longest=200, validators=[DataRequired(_l("Write the reference."))]
    )
    operation = OperationField()
