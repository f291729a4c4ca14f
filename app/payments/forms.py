"""Forms of paying and of the desk."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import InputRequired

from app.payments.models import Method
from app.web.forms import Form, MoneyField, OperationField, TextField, choices


class PayForm(Form):
    """Go to the checkout."""

    operation = OperationField()


class CashForm(Form):
    """Money taken at the desk, or seen on the bank's statement."""

    amount = MoneyField(_l("Amount taken"), validators=[InputRequired(_l("Write the amount."))])
    method = SelectField(
        _l("How"), choices=choices([(Method.CASH.value, _l("Cash")), (Method.TRANSFER.value, _l("Bank transfer"))])
    )
    operation = OperationField()


class RefundForm(Form):
    """Money given back at the desk."""

    amount = MoneyField(_l("Amount given back"), validators=[InputRequired(_l("Write the amount."))])
    reason = TextField(_l("Reason"), longest=300, validators=[InputRequired(_l("Give the reason in a few words."))])
    operation = OperationField()


class PayoutForm(Form):
    """Money that reached the partner."""

    amount = MoneyField(_l("Amount paid out"), validators=[InputRequired(_l("Write the amount."))])
    memo = TextField(
        _l("Reference of the transfer"), longest=200, validators=[InputRequired(_l("Write the reference."))]
    )
    operation = OperationField()
