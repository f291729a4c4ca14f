"""Forms of events: registering, and managing events and campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, ValidationError
from wtforms.validators import Optional as OptionalValue
from wtforms.widgets import CheckboxInput, DateTimeLocalInput, ListWidget

from app.events import rules
from app.events.models import Audience, Event, EventKind, EventStatus, RegistrationStatus
from app.partners.forms import web_address
from app.web.forms import (
    DayField,
    EmailField,
    Form,
    Given,
    LinesField,
    LocalTimeField,
    OperationField,
    TextField,
    WholeField,
    choices,
    house_zone,
    row_id,
)

KINDS = {
    EventKind.TALK: _l("Talk"),
    EventKind.PRESENTATION: _l("School presentation"),
    EventKind.EXHIBITION: _l("Exhibition"),
    EventKind.WORKSHOP: _l("Workshop"),
    EventKind.EXPERT_MEETING: _l("Expert group meeting"),
    EventKind.BREAKFAST: _l("Round-table breakfast"),
    EventKind.AUCTION: _l("Auction evening"),
}
STATUSES = {
    EventStatus.DRAFT: _l("Draft"),
    EventStatus.PUBLISHED: _l("Published"),
    EventStatus.POSTPONED: _l("Postponed"),
    EventStatus.CANCELLED: _l("Cancelled"),
    EventStatus.HELD: _l("Held"),
}
AUDIENCES = {
    Audience.PUBLIC: _l("Everybody"),
    Audience.STAFF: _l("Staff"),
    Audience.INVITED: _l("By invitation: only those whom you invite or register see it"),
    Audience.LISTED: _l("A closed list of addresses or domains"),
}
REGISTRATION_STATES = {
    RegistrationStatus.CONFIRMED: _l("Has a seat"),
    RegistrationStatus.WAITING: _l("Waiting"),
    RegistrationStatus.REQUESTED: _l("Waits for your yes"),
    RegistrationStatus.OFFERED: _l("Seats offered"),
    RegistrationStatus.WITHDRAWN: _l("Withdrawn"),
    RegistrationStatus.DECLINED: _l("Declined"),
}
LARGEST_ID = 2**31 - 1


class RegistrationForm(Form):
    """Register a party. Somebody signed in has no `email` field: theirs is known."""

    name = TextField(
        _l("Your name"),
        longest=120,
        validators=[DataRequired(_l("Write your name as the host at the door should read it."))],
        render_kw={"autocomplete": "name", "maxlength": 120},
    )
    email = EmailField(
        _l("Your e-mail address"),
        validators=[DataRequired(_l("Write your e-mail address: your confirmation is sent there."))],
        render_kw={"autocomplete": "email", "inputmode": "email", "maxlength": 254},
    )
    party = WholeField(
        _l("How many of you?"),
        low=1,
        high=1000,
        default=1,
        validators=[Given(_l("Write how many you are, yourself included."))],
        render_kw={"inputmode": "numeric"},
    )
    needs = LinesField(
        _l("Anything we should know?"),
        longest=1000,
        description=_l("A wheelchair, a hearing loop, an interpreter. Only the organisers read it."),
        render_kw={"rows": 2},
    )
    diet = LinesField(
        _l("Anything you do not eat?"),
        longest=1000,
        description=_l("Diets and allergies, yours and your guests’. Only the organisers read it."),
        render_kw={"rows": 2},
    )
    operation = OperationField()

    def __init__(self, *args: Any, largest: int = 1000, known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.party.high = largest
        if known:
            del self.email


def ask_where(form: Any, pools: Mapping[int, str], *, first: bool = False) -> None:
    """Offer the places of an event in `pool_id`, the first one chosen if so wished. With one place nothing is asked."""
    form.pool_id.choices = choices(pools.items())
    if len(pools) < 2:
        del form.pool_id
    elif first and form.pool_id.data is None and not form.pool_id.raw_data:
        form.pool_id.data = next(iter(pools))


class GuestForm(RegistrationForm):
    """An organiser registers somebody."""

    name = TextField(_l("Name"), longest=120, validators=[DataRequired(_l("Write the guest's name."))])
    email = EmailField(_l("E-mail address"), validators=[DataRequired(_l("Write the guest's e-mail address."))])
    party = WholeField(_l("Party"), low=1, high=1000, default=1, validators=[Given(_l("Write how many come."))])
    pool_id = SelectField(_l("Where"), coerce=row_id)

    def __init__(self, *args: Any, pools: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_where(self, pools)

    @property
    def where(self) -> int | None:
        """The chosen pool, where there are several."""
        return self.pool_id.data if "pool_id" in self else None


@lru_cache(maxsize=1)
def zones() -> list[SelectChoice]:
    """Time zones, grouped by continent."""
    kept = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
    return [SelectChoice("UTC")] + [
        SelectChoice(zone, zone.split("/", 1)[1].replace("_", " "), optgroup=zone.split("/", 1)[0]) for zone in kept
    ]


class Checkboxes(SelectMultipleField):
    """Several choices as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _time(label: Any, **kwargs: Any) -> LocalTimeField:
    return LocalTimeField(label, widget=DateTimeLocalInput(), **kwargs)


class EventForm(Form):
    """Draft or change an event. Times are read in the zone chosen in the same form."""

    title = TextField(_l("Title"), longest=200, validators=[DataRequired(_l("Give the event a title."))])
    kind = SelectField(_l("Kind"), choices=choices(KINDS.items()), coerce=str)
    campaign_id = SelectField(_l("Campaign"), coerce=row_id)
    series_id = SelectField(_l("Series"), coerce=row_id, default=0)
    summary = LinesField(
        _l("In two sentences"),
        longest=1000,
        description=_l("Shown in lists, mails and calendars."),
        render_kw={"rows": 3},
    )
    body = LinesField(_l("The whole text"), description=_l("You may use Markdown."), render_kw={"rows": 10})
    materials = LinesField(
        _l("Materials"),
        description=_l("Slides, minutes, links: anything to read before or after. You may use Markdown."),
        render_kw={"rows": 4},
    )
    timezone = SelectField(_l("Time zone"), default=house_zone, coerce=str)
    starts_at = _time(_l("Starts"), validators=[Given(_l("Say when it starts."))])
    ends_at = _time(_l("Ends"), validators=[Given(_l("Say when it ends."))])
    place = TextField(_l("Place"), longest=300, description=_l("Building, room, town."))
    online_url = TextField(
        _l("Link to join online"),
        longest=500,
        validators=[web_address],
        description=_l("With registration, only those who hold a seat get it."),
    )
    audience = SelectField(_l("For whom"), choices=choices(AUDIENCES.items()), coerce=str)
    audience_note = TextField(
        _l("A word about who may come"), longest=300, description=_l("Such as: children are welcome with an adult.")
    )
    partner_ids = Checkboxes(_l("Organised with"), coerce=row_id)
    capacity = WholeField(
        _l("Seats"),
        high=100_000,
        validators=[OptionalValue()],
        description=_l("Leave it empty if nobody needs to register."),
    )
    largest_party = WholeField(
        _l("Largest party"),
        low=1,
        high=100,
        default=5,
        validators=[Given(_l("Write how many people may come on one registration."))],
    )
    registration_closes_at = _time(
        _l("Registration closes"), validators=[OptionalValue()], description=_l("Empty: when the event starts.")
    )

    TIMES = ("starts_at", "ends_at", "registration_closes_at")

    def __init__(
        self,
        *args: Any,
        campaigns: list[tuple[int, str]],
        partners: list[tuple[int, str]],
        series: list[tuple[int, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.series_id.choices = choices([(0, _("None")), *series])
        self.campaign_id.choices = choices([(0, _("None")), *campaigns])
        self.partner_ids.choices = choices(partners)
        self.timezone.choices = zones()
        known = {choice.value for choice in zones()}
        for name in self.TIMES:
            self[name].zone = self.timezone.data if self.timezone.data in known else "UTC"

    @classmethod
    def of(cls, event: Event, **choices: Any) -> EventForm:
        """The form that shows an event as it is."""
        columns = (
            "title", "summary", "body", "materials", "timezone", "starts_at", "ends_at", "place", "online_url",
            "audience_note", "registration_closes_at",
        )  # fmt: skip
        values: dict[str, Any] = {name: getattr(event, name) for name in columns}
        values |= {"kind": event.kind.value, "audience": event.audience.value, "campaign_id": event.campaign_id or 0}
        values["series_id"] = event.series_id or 0
        values["partner_ids"] = [partner.id for partner in event.co_organisers]
        if event.pool is not None:
            values |= {"capacity": event.pool.capacity, "largest_party": event.pool.largest_party}
        return cls(data=values, **choices)

    def validate_ends_at(self, field: Any) -> None:
        """After the start."""
        if field.data and self.starts_at.data and field.data <= self.starts_at.data:
            raise ValidationError(_("It ends before it starts. Look at both times."))

    def validate_registration_closes_at(self, field: Any) -> None:
        """Before the end."""
        if field.data and self.ends_at.data and field.data > self.ends_at.data:
            raise ValidationError(_("Registration cannot close after the event has ended."))

    @property
    def values(self) -> dict[str, Any]:
        """What `create_event` and `update_event` take."""
        found = {name: value for name, value in self.data.items() if name != "csrf_token"}
        return found | {
            "kind": EventKind(found["kind"]),
            "audience": Audience(found["audience"]),
            "campaign_id": found["campaign_id"] or None,
            "series_id": found["series_id"] or None,
        }


class CourseForm(Form):
    """Words to those who are registered, when an event is postponed or cancelled."""

    message = LinesField(
        _l("A word to everybody who is registered"),
        longest=1000,
        description=_l("Why, and what now. It is in the mail and on the event's page."),
        render_kw={"rows": 3},
    )


class CampaignForm(Form):
    """Start or change a campaign."""

    title = TextField(_l("Title"), longest=200, validators=[DataRequired(_l("Give the campaign a title."))])
    summary = LinesField(_l("What it is about"), longest=5000, description=_l("You may use Markdown."))
    accent = TextField(
        _l("Accent colour"),
        longest=7,
        description=_l("Like #5B2A86. Empty: the house's violet."),
        filters=[lambda value: (value or "").upper()],
        validators=[OptionalValue()],
    )
    starts_on = DayField(_l("First day"), validators=[Given(_l("Say when it begins."))])
    ends_on = DayField(_l("Last day"), validators=[Given(_l("Say when it ends."))])
    beneficiary_id = SelectField(_l("Who benefits"), coerce=row_id)
    published = BooleanField(_l("Open to the public"))

    def __init__(self, *args: Any, partners: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.beneficiary_id.choices = choices([(0, _("Nobody yet")), *partners])

    def validate_accent(self, field: Any) -> None:
        """Readable as text on paper and under white text."""
        if not rules.is_colour(field.data):
            raise ValidationError(_("Write a colour like #5B2A86."))
        if not rules.readable_accent(field.data):
            ratio = min(rules.contrast(field.data, rules.PAPER), rules.contrast(field.data, rules.WHITE))
            raise ValidationError(
                _(
                    "Too pale to read: its contrast is %(ratio)s, and 4.5 is needed. Choose a darker one.",
                    ratio=f"{ratio:.1f}",
                )
            )

    def validate_ends_on(self, field: Any) -> None:
        """Not before the first day."""
        if field.data and isinstance(self.starts_on.data, date) and field.data < self.starts_on.data:
            raise ValidationError(_("It ends before it begins. Look at both days."))

    @property
    def values(self) -> dict[str, Any]:
        """What `create_campaign` and `update_campaign` take."""
        found = {name: value for name, value in self.data.items() if name != "csrf_token"}
        return found | {"beneficiary_id": found["beneficiary_id"] or None}
