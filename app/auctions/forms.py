"""Forms of bidding and of preparing an auction."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import Optional

from app.auctions import increments
from app.auctions.eligibility import entries, wrong_entry
from app.auctions.models import Eligibility
from app.web.forms import (
    Form,
    Given,
    LinesField,
    LocalTimeField,
    MoneyField,
    OperationField,
    TextField,
    WholeField,
    choices,
    house_zone,
    row_id,
)

CURRENCIES = ("CHF", "EUR", "USD", "GBP")
UNIT = 100  # bids are whole francs, euros, dollars, pounds


class BidForm(Form):
    """A bid. `name` and `terms` are asked of a first-time bidder; `confirmed` of somebody who bids unusually high."""

    amount = MoneyField(
        _l("The most you would pay"),
        validators=[Given(_l("Write an amount."))],
        render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20},
    )
    operation = OperationField()
    name = TextField(_l("Your name"), longest=120, render_kw={"autocomplete": "name"})
    terms = BooleanField(_l("I accept the terms: a bid is a promise to buy"))
    code = TextField(_l("Invitation code"), longest=40, render_kw={"autocomplete": "off"})
    confirmed = BooleanField(_l("Yes, I mean this amount"))


class AuctionForm(Form):
    """An auction. Times are in its zone; `table` is what the increments say once they are read."""

    table: increments.Table = ()

    title = TextField(_l("Title"), validators=[Given(_l("Give it a title."))])
    campaign_id = SelectField(_l("Campaign"), coerce=row_id)
    beneficiary_id = SelectField(
        _l("Beneficiary"), coerce=row_id, description=_l("The partner that receives the proceeds.")
    )
    currency = SelectField(_l("Currency"), choices=choices((code, code) for code in CURRENCIES))
    timezone = SelectField(
        _l("Time zone"),
        choices=choices((zone, zone) for zone in sorted(available_timezones())),
        default=house_zone,
    )
    opens_at = LocalTimeField(_l("Bidding opens"), validators=[Given(_l("Say when bidding opens."))])
    closes_at = LocalTimeField(_l("Bidding closes"), validators=[Given(_l("Say when bidding closes."))])
    steps = LinesField(
        _l("Increments"),
        longest=1000,
        validators=[Given(_l("Write the first line: 0: 1"))],
        description=_l(
            "By how much bids climb, a line a step: “20: 2” means from 20 on by 2. They stand from the first bid on."
        ),
    )
    late_minutes = WholeField(
        _l("Minutes that a late bid adds"),
        high=60,
        validators=[Given(_l("Write a number."))],
        description=_l("A bid in the last so many minutes keeps its lot open for as many more. 0: never."),
    )
    latest_minutes = WholeField(
        _l("Minutes that late bids add at most"), high=600, validators=[Given(_l("Write a number."))]
    )
    eligibility = SelectField(
        _l("Who may bid"),
        choices=choices(
            [
                (Eligibility.SIGNED_IN.value, _l("Everybody with an e-mail address")),
                (Eligibility.STAFF.value, _l("Staff")),
                (Eligibility.LISTED.value, _l("The addresses on a list")),
                (Eligibility.CODE.value, _l("Whoever has the invitation code")),
            ]
        ),
    )
    admitted = LinesField(
        _l("The list"),
        longest=50_000,
        description=_l("For a list: one address a line, or @school.example for everybody there."),
    )
    invitation_code = TextField(
        _l("Invitation code"),
        longest=40,
        description=_l("For a code: six characters or more, asked with the first bid."),
    )
    card_required = BooleanField(
        _l("Bidders leave a card first"),
        description=_l(
            "Before their first bid they leave a card at the card service; nothing is charged by that. The winner can pay "
            "with it by one button. The desk may note that somebody needs none."
        ),
    )
    card_charge_days = WholeField(
        _l("Days until an unpaid invoice may be charged to it"),
        low=1,
        high=90,
        validators=[Optional()],
        description=_l(
            "Stands in the terms that each bidder accepts; the treasurer decides it for each invoice. Empty: never."
        ),
    )
    summary = LinesField(_l("Summary"), longest=2000)
    terms = LinesField(_l("Terms"), longest=10_000, description=_l("Accepted once by each bidder."))
    need_title = TextField(
        _l("A need to pledge for"), description=_l("Besides the lots, such as “A school bus”. Empty: none.")
    )
    need_text = LinesField(_l("What it is for"), longest=2000)
    need_goal = MoneyField(_l("Goal"), validators=[Optional()])
    published = BooleanField(_l("Public"))

    def validate(self, extra_validators: object = None) -> bool:
        """Closing comes after opening; both are read in the chosen zone."""
        if self.timezone.data in {choice.value for choice in self.timezone.choices or ()}:
            self.opens_at.zone = self.closes_at.zone = self.timezone.data
        if self.currency.data in CURRENCIES:
            self.need_goal.currency = self.currency.data
        good = super().validate(extra_validators)
        if good and self.opens_at.data and self.closes_at.data and self.closes_at.data <= self.opens_at.data:
            self.closes_at.errors = [_l("Bidding has to close after it opens.")]
            good = False
        if good and (self.late_minutes.data or 0) > (self.latest_minutes.data or 0):
            self.latest_minutes.errors = [_l("This is less than one late bid adds.")]
            good = False
        return self._steps_climb() and self._audience_is_clear() and good

    def _steps_climb(self) -> bool:
        """Reads the increments into `table`."""
        if not self.steps.data or self.currency.data not in CURRENCIES:
            return False
        try:
            self.table = increments.read(self.steps.data, self.currency.data, UNIT)
        except increments.WrongLine as fault:
            said = {
                "form": _l("Line %(number)d: write two amounts such as 20: 2.", number=fault.number),
                "units": _l("Line %(number)d: bids are whole amounts, so their steps are.", number=fault.number),
                "first": _l("Line %(number)d: the first step begins at 0.", number=fault.number),
                "order": _l("Line %(number)d: this begins no later than the line before.", number=fault.number),
                "falling": _l(
                    "Line %(number)d: a step is more than nothing and never smaller than the one before.",
                    number=fault.number,
                ),
                "many": _l("These are more lines than anybody could follow: %(most)d at most.", most=increments.MOST),
            }
            self.steps.errors = [said[fault.reason]]
            return False
        return True

    def _audience_is_clear(self) -> bool:
        """A list has entries that can be read, a code is not easily guessed."""
        listed, code = self.admitted.data or "", self.invitation_code.data or ""
        if (wrong := wrong_entry(listed)) is not None:
            self.admitted.errors = [_("“%(line)s” is neither an address nor an @domain.", line=wrong[:80])]
        elif self.eligibility.data == Eligibility.LISTED and not entries(listed):
            self.admitted.errors = [_l("Write at least one address or @domain.")]
        elif self.eligibility.data == Eligibility.CODE and len(code) < 6:
            self.invitation_code.errors = [_l("Choose a code of six characters or more.")]
        return not self.admitted.errors and not self.invitation_code.errors


class ThingForm(Form):
    """A lot that is no pupil's picture. Where it stands beside other forms, it takes a prefix."""

    title = TextField(_l("Title"), validators=[Given(_l("Give it a title."))])
    description = LinesField(_l("What it is"), longest=3000, description=_l("You may use Markdown."))
    given_by = TextField(_l("Given by"), description=_l("Whom to thank, as they wish to be named. Empty: nobody."))
    start = MoneyField(_l("Starting price"), validators=[Given(_l("Write an amount."))])


class LotForm(ThingForm):
    """What may change on a lot; what it is and the amounts only before the first bid."""

    reserve = MoneyField(
        _l("Reserve"), validators=[Optional()], description=_l("Secret. Below it the lot is not sold. Empty: none.")
    )
    sanity_cap = MoneyField(
        _l("Ask again above"), validators=[Optional()],
        description=_l("A bid above this is asked to be confirmed. Empty: above ten times what it takes."),
    )  # fmt: skip


class VoidForm(Form):
    """Voiding a bid."""

    seq = WholeField(_l("Number of the bid"), low=1, validators=[Given(_l("Write the bid's number."))])
    reason = TextField(
        _l("Reason, shown to everybody"), longest=300, validators=[Given(_l("Give the reason in a few words."))]
    )


class StartForm(Form):
    """The starting price of lots that are being added; a title if they are one lot."""

    start = MoneyField(_l("Starting price"), validators=[Given(_l("Write an amount."))])
    together = TextField(
        _l("Title, if they are sold together"),
        description=_l("With a title here the ticked pictures are one lot. Empty: each is a lot of its own."),
    )
