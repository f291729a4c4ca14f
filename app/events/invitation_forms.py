"""Forms of invitations and of lists that are read in."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, SelectField
from wtforms.validators import DataRequired, ValidationError
from wtforms.validators import Optional as OptionalValue
from wtforms.widgets import DateTimeLocalInput

from app.config import LANGUAGES
from app.core.clock import now
from app.events import import_words
from app.events.columns import Misnamed, Understood, understood
from app.events.import_rules import LONGEST_GROUP, LONGEST_NAME
from app.events.models import Event, Invitation, InvitationState
from app.web.forms import Form, Given, LinesField, LocalTimeField, TextField, WholeField, choices, storable
from app.web.lists import LARGEST, Unreadable, read_text
from app.web.workbooks import read_list

STATES = {
    InvitationState.WRITTEN: _l("Written to"),
    InvitationState.OPENED: _l("Opened"),
    InvitationState.ACCEPTED: _l("Accepted"),
    InvitationState.DECLINED: _l("Declined"),
    InvitationState.TAKEN_BACK: _l("Taken back"),
}
SHOWN_AGAIN = 100_000  # characters of a file that stand in the form when it comes back for something else


class AcceptanceForm(Form):
    """The invited accept, or somebody for them."""

    name = TextField(
        _l("Who comes"),
        longest=LONGEST_NAME,
        validators=[DataRequired(_l("Write the name of who comes."))],
        description=_l("As the host at the door should read it."),
        render_kw={"autocomplete": "off"},
    )
    party = WholeField(
        _l("How many altogether?"),
        low=1,
        default=1,
        validators=[Given(_l("Write how many come altogether."))],
        render_kw={"inputmode": "numeric"},
    )
    guests = LinesField(
        _l("Who comes along"),
        longest=5000,
        validators=[OptionalValue()],
        description=_l("One name a line. Leave it empty if you do not know yet."),
        render_kw={"rows": 3},
    )
    needs = LinesField(
        _l("Anything we should know?"),
        longest=1000,
        validators=[OptionalValue()],
        description=_l("A wheelchair, a hearing loop, an interpreter. Only the organisers read it."),
        render_kw={"rows": 2},
    )
    diet = LinesField(
        _l("What should we know about food?"), longest=1000, validators=[OptionalValue()], render_kw={"rows": 2}
    )

    def __init__(self, *args: Any, largest: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.party.high = largest
        if largest == 1:
            del self.party
            del self.guests

    @classmethod
    def of(cls, invitation: Invitation, guests: list[str]) -> AcceptanceForm:
        """The form with what was answered before, or the invited person's name."""
        values: dict[str, Any] = {"name": invitation.name, "party": invitation.seats}
        if (told := invitation.registration) is not None:
            values = {"name": told.name, "party": told.party, "needs": told.needs, "diet": told.diet}
        return cls(data=values | {"guests": "\n".join(guests)}, largest=invitation.seats)

    def validate_guests(self, field: Any) -> None:
        """Names of people, and no more than come along."""
        names = self.guest_names
        if any(len(name) > LONGEST_NAME or not storable(name, lines=False) for name in names):
            raise ValidationError(_("Keep each name to %(count)s characters or fewer.", count=LONGEST_NAME))
        if self.party.data is not None and len(names) > self.party.data - 1:
            raise ValidationError(
                _("There are more names here than people who come along. Write a larger number above.")
            )

    @property
    def guest_names(self) -> list[str]:
        """Who comes along, by name."""
        text = (self.guests.data or "") if "guests" in self else ""
        return [" ".join(line.split()) for line in text.split("\n") if line.strip()]

    @property
    def how_many(self) -> int:
        """The party's size."""
        return (self.party.data or 1) if "party" in self else 1


class RefusalForm(Form):
    """The invited decline."""

    reason = LinesField(
        _l("A word, if you like"), longest=500, validators=[OptionalValue()], render_kw={"rows": 2},
        description=_l("Only the organisers read it."),
    )  # fmt: skip


class ListForm(Form):
    """A list, pasted or as a file. After `validate`, `found` is what it tells."""

    people = LinesField(
        _l("Names and addresses"),
        longest=400_000,
        description=_l(
            "One a line: Anna Keller, anna@example.org. Or with names over the columns: Name, E-mail, Seats, Language."
        ),
        render_kw={"rows": 8, "spellcheck": "false"},
    )
    file = FileField(
        _l("Or a file"),
        description=_l("CSV or XLSX, up to ten thousand lines."),
        validators=[OptionalValue()],
        render_kw={"accept": ".csv,.txt,.tsv,.xlsx"},
    )
    found: Understood
    filename = ""

    def validate_file(self, field: Any) -> None:
        """What is chosen can be read."""
        if self._chosen(field):
            self.filename = field.data.filename
            field.data.stream.seek(0)  # a request that met a busy database is answered anew
            content = field.data.read(LARGEST + 1)
            self.found = self._understood(lambda: read_list(content))

    def validate_people(self, field: Any) -> None:
        """Something is there, and what is pasted can be read."""
        if self._chosen(self.file):
            if field.data:
                raise ValidationError(_("You pasted lines and chose a file. Use one of the two."))
        elif not field.data:
            raise ValidationError(_("Paste some lines, or choose a file."))
        else:
            self.found = self._understood(lambda: read_text(field.data))

    @staticmethod
    def _chosen(field: Any) -> bool:
        return bool(getattr(field.data, "filename", ""))

    @staticmethod
    def _understood(read: Any) -> Understood:
        try:
            return understood(read())
        except Unreadable as refusal:
            raise ValidationError(import_words.unreadable(refusal)) from None
        except Misnamed as fault:
            raise ValidationError(import_words.misnamed(fault)) from None

    def keep_what_was_chosen(self) -> None:
        """A browser forgets the file of a form that comes back: its lines stand in the form then."""
        if self.errors and self.filename and hasattr(self, "found"):
            rows = ["\t".join(entry.values.values()) for entry in self.found.entries]
            head = "\t".join(str(import_words.FIELDS[key]) for key in self.found.entries[0].values) if rows else ""  # type: ignore[index]
            text = "\n".join([head, *rows])
            if len(text) <= SHOWN_AGAIN and len({len(entry.values) for entry in self.found.entries}) == 1:
                self.people.data = text


class InvitingForm(ListForm):
    """Invite several people."""

    seats = WholeField(
        _l("Seats for each"),
        low=1,
        high=100,
        default=1,
        validators=[Given(_l("Write how many may come on one invitation."))],
        description=_l("Themselves included. A column “Seats” in the list counts more."),
    )
    answer_by = LocalTimeField(
        _l("Answer by"),
        widget=DateTimeLocalInput(),
        validators=[OptionalValue()],
        description=_l("Empty: until it begins."),
    )
    keep_seats = BooleanField(
        _l("Keep their seats until then"),
        description=_l("Nobody else can take them. After that they go to whoever waits."),
    )
    message = LinesField(
        _l("Your words"),
        longest=5000,
        validators=[OptionalValue()],
        description=_l("They stand in the mail and on the page of the invitation."),
        render_kw={"rows": 6},
    )
    locale = SelectField(_l("Language"), choices=choices(LANGUAGES.items()), coerce=str)

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        self.answer_by.zone = event.timezone

    def validate_answer_by(self, field: Any) -> None:
        """Ahead, and before it begins."""
        if field.data and field.data <= now():
            raise ValidationError(_("That is over. Choose a time ahead."))
        if field.data and field.data > self.event.starts_at:
            raise ValidationError(_("The event has begun by then. Choose an earlier time."))

    def validate_keep_seats(self, field: Any) -> None:
        """Seats are never kept without an end."""
        if field.data and not self.answer_by.data and not self.answer_by.errors:
            raise ValidationError(_("Say until when the seats are kept: “Answer by” above."))


class PeopleForm(ListForm):
    """Register the people of a list."""

    tell = BooleanField(
        _l("Write to those who are new"),
        default=True,
        description=_l("They get the same confirmation as if they had registered themselves."),
    )
    locale = SelectField(
        _l("Language of their mails"),
        choices=choices(LANGUAGES.items()),
        coerce=str,
        description=_l("A column “Language” in the list counts more."),
    )


class AddressesForm(ListForm):
    """Put addresses and domains on an event's closed list."""

    people = LinesField(
        _l("Addresses and domains"),
        longest=400_000,
        description=_l("One a line: anna@example.org, or @example.org for everybody there."),
        render_kw={"rows": 8, "spellcheck": "false"},
    )
    group = TextField(
        _l("Name of this list"),
        longest=LONGEST_GROUP,
        validators=[OptionalValue()],
        description=_l("Such as “Parents of class 5b”. The whole list can be taken off by it."),
    )
