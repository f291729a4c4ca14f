"""Forms of an organiser about seats, holds, requests and the queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import DataRequired, ValidationError
from wtforms.validators import Optional as OptionalValue
from wtforms.widgets import DateTimeLocalInput

from app.core.clock import now
from app.events.forms import Checkboxes, ask_where
from app.events.models import Event, PoolKind, SeatPool
from app.web.forms import Form, Given, LinesField, LocalTimeField, TextField, WholeField, choices, row_id

POOL_KINDS = {PoolKind.ROOM: _l("A room"), PoolKind.ONLINE: _l("Online")}


class TermsForm(Form):
    """How seats are given."""

    approval = BooleanField(_l("We say yes or no to each registration"))
    registration_closes_at = LocalTimeField(
        _l("Registration closes"),
        widget=DateTimeLocalInput(),
        validators=[OptionalValue()],
        description=_l("Empty: when the event starts."),
    )
    offer_hours = WholeField(
        _l("An offer of seats stands for"),
        low=1,
        high=200,
        validators=[Given(_l("Write a number of hours."))],
        description=_l(
            "Hours between 8 and 22 o’clock, for those who want to be asked first. It ends when the event starts."
        ),
    )
    guest_names = BooleanField(_l("We ask for the name of each guest"))
    participants_listed = BooleanField(_l("Those who are registered may see the names of others who agree"))

    def __init__(self, *args: Any, zone: str, ends_at: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.registration_closes_at.zone = zone
        self.ends_at = ends_at

    @classmethod
    def of(cls, event: Event, **more: Any) -> TermsForm:
        """The form that shows an event as it is."""
        columns = ("approval", "registration_closes_at", "offer_hours", "guest_names", "participants_listed")
        values = {name: getattr(event, name) for name in columns}
        return cls(data=values, zone=event.timezone, ends_at=event.ends_at, **more)

    def validate_registration_closes_at(self, field: Any) -> None:
        """Not after the end."""
        if field.data and field.data > self.ends_at:
            raise ValidationError(_("Registration cannot close after the event has ended."))

    @property
    def values(self) -> dict[str, Any]:
        """What `set_terms` takes."""
        return {name: value for name, value in self.data.items() if name != "csrf_token"}


class PoolForm(Form):
    """Seats of one room, or online."""

    kind = SelectField(_l("Where"), choices=choices(POOL_KINDS.items()), coerce=str)
    name = TextField(_l("Name"), longest=120, description=_l("As people know it: Room 3, Online."))
    capacity = WholeField(_l("Seats"), high=100_000, validators=[Given(_l("Write how many seats there are."))])
    largest_party = WholeField(
        _l("Largest party"),
        low=1,
        high=100,
        default=5,
        validators=[Given(_l("Write how many people may come on one registration."))],
    )

    @classmethod
    def of(cls, pool: SeatPool) -> PoolForm:
        """The form that shows a pool as it is."""
        values = {"name": pool.name, "capacity": pool.capacity, "largest_party": pool.largest_party}
        return cls(data=values | {"kind": pool.kind.value})

    @property
    def values(self) -> dict[str, Any]:
        """What `add_pool` and `update_pool` take."""
        found = {name: value for name, value in self.data.items() if name != "csrf_token"}
        return found | {"kind": PoolKind(found["kind"])}


class HoldForm(Form):
    """Keep seats back."""

    hold_pool = SelectField(_l("Where"), coerce=row_id)
    seats = WholeField(_l("Seats"), low=1, high=100_000, validators=[Given(_l("Write how many seats you keep back."))])
    reason = TextField(
        _l("For whom"), longest=300, validators=[DataRequired(_l("Write for whom, so that others know."))]
    )
    until = LocalTimeField(
        _l("Until"),
        widget=DateTimeLocalInput(),
        validators=[DataRequired(_l("Say until when. Then they go to the queue."))],
    )

    def __init__(self, *args: Any, zone: str, pools: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.until.zone = zone
        self.hold_pool.choices = choices(pools.items())
        if len(pools) == 1:
            del self.hold_pool

    def validate_until(self, field: Any) -> None:
        """Ahead."""
        if field.data and field.data <= now():
            raise ValidationError(_("That time is over. Choose one that lies ahead."))


class DecisionForm(Form):
    """Say yes or no to some requests."""

    registration_ids = Checkboxes(_l("Requests"), coerce=row_id)
    decision = SelectField(
        _l("Answer"), choices=choices([("yes", _l("Yes, they can come")), ("no", _l("No, not this time"))]), coerce=str
    )
    reason = LinesField(
        _l("A word to those whom you decline"),
        longest=300,
        description=_l("It is in the mail and on their page. You may leave it empty."),
        render_kw={"rows": 2},
    )

    def __init__(self, *args: Any, requests: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.registration_ids.choices = choices(requests.items())

    def validate_registration_ids(self, field: Any) -> None:
        """At least one."""
        if not field.data:
            raise ValidationError(_("Tick those whom you answer."))


class MoveForm(Form):
    """Put a party elsewhere in the queue."""

    number = WholeField(_l("New place"), low=1, high=100_000, validators=[Given(_l("Write a place, from 1."))])
    reason = TextField(
        _l("Why"),
        longest=300,
        validators=[DataRequired(_l("Write why: those who are passed read it."))],
        description=_l("Everybody in the queue reads this, so name nobody."),
    )


class PartySizeForm(Form):
    """Make a party larger or smaller for them, or seat it elsewhere."""

    party = WholeField(_l("How many they are"), low=1, high=1000, validators=[Given(_l("Write how many come."))])
    pool_id = SelectField(_l("Where"), coerce=row_id)

    def __init__(self, *args: Any, pools: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_where(self, pools)


class NoteForm(Form):
    """What organisers note about a registration."""

    note = LinesField(
        _l("Your note"),
        longest=2000,
        description=_l("Organisers alone read it, and whoever it is about if they ask what we keep of them."),
        render_kw={"rows": 3},
    )
