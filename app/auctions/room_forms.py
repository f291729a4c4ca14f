"""Forms of the hall: the desk, floor bids, what the auctioneer does."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField

from app.auctions.models import Auction
from app.web.forms import EmailField, Form, Given, MoneyField, OperationField, TextField, WholeField, clean

NUMBER = {"inputmode": "numeric", "autocomplete": "off", "maxlength": 12}
AMOUNT = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}
HIGHEST = 2147483647


def looked_for(text: str) -> str:
    """What somebody looks for, without what no name holds."""
    return clean(text[:120].encode("utf-8", "ignore").decode().replace("\x00", ""))


class Unseen(HiddenField):
    """A hidden text that the page made. Whatever comes back in its place is shown again without harm."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = looked_for(valuelist[0]) if valuelist else ""


class DeskForm(Form):
    """Somebody comes in. `person` is one whom the house knows, chosen from what `q` found; then name and address stay."""

    q = Unseen()
    person = Unseen()
    operation = OperationField()
    name = TextField(_l("Name"), longest=120, render_kw={"autocomplete": "off"})
    email = EmailField(
        _l("E-mail"),
        description=_l("Then the invoice and the receipt come by mail."),
        render_kw={"autocomplete": "off"},
    )
    terms = BooleanField(_l("They signed the terms on paper"))
    namesake = BooleanField(_l("Somebody else of the same name"))
    no_card = BooleanField(_l("They need no card"), description=_l("Your name stands beside this note."))

    def validate(self, extra_validators: object = None) -> bool:
        """The terms are needed always, a name of somebody new."""
        good = super().validate(extra_validators)
        if not self.person.data and not self.name.data and not self.name.errors:
            self.name.errors, good = [_l("Write their name.")], False
        if not self.terms.data:
            self.terms.errors, good = [_l("A paddle goes to who accepted the terms.")], False
        return good


class FloorForm(Form):
    """A bid called in the room. `age_s`: the seconds that it waited on the phone, which nobody trusts as a time."""

    lot = WholeField(_l("Lot"), low=1, high=HIGHEST, validators=[Given(_l("Which lot?"))], render_kw=NUMBER)
    paddle = WholeField(_l("Paddle"), low=1, high=HIGHEST, validators=[Given(_l("Whose paddle?"))], render_kw=NUMBER)
    amount = MoneyField(_l("Amount"), validators=[Given(_l("Write an amount."))], render_kw=AMOUNT)
    operation = OperationField()
    age_s = Unseen(default="")
    confirmed = BooleanField(_l("Yes, the room said this amount"))
    no_card = BooleanField(_l("They need no card: I answer for this"))

    @classmethod
    def for_auction(cls, auction: Auction, **values: Any) -> FloorForm:
        """The form in the auction's currency."""
        form = cls(**values)
        form.amount.currency = auction.currency
        return form

    @property
    def waited_s(self) -> int:
        """Whole seconds between none and a day, whatever was sent."""
        text = (self.age_s.data or "").strip()
        return min(int(text), 86_400) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class AbsenteeForm(Form):
    """A maximum left with the desk before the opening."""

    lot = WholeField(_l("Lot"), low=1, high=HIGHEST, validators=[Given(_l("Which lot?"))], render_kw=NUMBER)
    paddle = WholeField(_l("Paddle"), low=1, high=HIGHEST, validators=[Given(_l("Whose paddle?"))], render_kw=NUMBER)
    maximum = MoneyField(
        _l("The most they would pay"), validators=[Given(_l("Write an amount."))],
        description=_l("Kept secret: it is not shown again."), render_kw=AMOUNT,
    )  # fmt: skip
    confirmed = BooleanField(_l("Yes, they mean this amount"))


class CallForm(Form):
    """The lot that is called; empty for none."""

    number = WholeField(_l("Lot"), low=1, high=HIGHEST, render_kw=NUMBER)


class FreezeForm(Form):
    """Whether only the room bids on a lot."""

    number = WholeField(_l("Lot"), low=1, high=HIGHEST, validators=[Given(_l("Which lot?"))], render_kw=NUMBER)
    frozen = BooleanField(_l("Only the room bids"))
