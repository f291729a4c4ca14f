"""Forms of invitations and of lists that are read in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, RadioField, SelectField
from wtforms.validators import DataRequired, ValidationError
from wtforms.validators import Optional as OptionalValue
from wtforms.widgets import DateTimeLocalInput

from app.config import LANGUAGES
from app.core.clock import now
from app.events import import_words
from app.events.answers import Asked
from app.events.columns import Field, Misnamed, Understood, understood
from app.events.forms import ask_where
from app.events.import_plans import columns_of, meanings_of
from app.events.import_rules import LONGEST_GROUP, LONGEST_NAME
from app.events.models import Event, Invitation, InvitationState
from app.web.forms import Form, Given, LinesField, LocalTimeField, TextField, WholeField, choices, row_id, storable
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
    pool_id = RadioField(_l("Where?"), coerce=row_id)
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

    def __init__(self, *args: Any, largest: int, pools: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.party.high = largest
        if largest == 1:
            del self.party
            del self.guests
        ask_where(self, pools, first=True)

    @classmethod
    def of(cls, invitation: Invitation, guests: list[str], pools: Mapping[int, str]) -> AcceptanceForm:
        """The form with what was answered before, or the invited person's name."""
        values: dict[str, Any] = {"name": invitation.name, "party": invitation.seats}
        if (told := invitation.registration) is not None:
            values = {name: getattr(told, name) for name in ("name", "party", "needs", "diet", "pool_id")}
        return cls(formdata=None, data=values | {"guests": "\n".join(guests)}, largest=invitation.seats, pools=pools)

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

    @property
    def where(self) -> int | None:
        """The chosen pool, where one chooses."""
        return self.pool_id.data if "pool_id" in self else None


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
    meanings: Mapping[str, str] = {}  # of columns, beside those that every list may have: see `columns.understood`
    names: Mapping[str, str] = {}  # of the columns of questions, by the key of their answers

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

    def _understood(self, read: Any) -> Understood:
        try:
            return understood(read(), self.meanings)
        except Unreadable as refusal:
            raise ValidationError(import_words.unreadable(refusal)) from None
        except Misnamed as fault:
            raise ValidationError(import_words.misnamed(fault)) from None

    def keep_what_was_chosen(self) -> None:
        """A browser forgets the file of a form that comes back: its lines stand in the form then."""
        if self.errors and self.filename and hasattr(self, "found"):
            rows = ["\t".join(entry.values.values()) for entry in self.found.entries]
            keys = self.found.entries[0].values if rows else {}
            head = "\t".join(self.names.get(key) or str(import_words.FIELDS[Field(key)]) for key in keys)
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
    pool_id = SelectField(
        _l("Where they sit"),
        coerce=row_id,
        default=0,
        description=_l("A column “Room” in the list counts more."),
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

    def __init__(self, *args: Any, event: Event, pools: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        self.answer_by.zone = event.timezone
        self.pool_id.choices = choices([(0, _("They choose")), *pools.items()])
        if len(pools) < 2:
            del self.pool_id

    @property
    def where(self) -> int | None:
        """The pool in which they sit; None leaves it to them."""
        return (self.pool_id.data or None) if "pool_id" in self else None

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
        if field.data and "pool_id" in self and not self.where and not self._every_line_says_where():
            raise ValidationError(_("Say where the seats are kept: choose a place above, or name it in each line."))

    def _every_line_says_where(self) -> bool:
        return hasattr(self, "found") and all(entry.values.get(Field.POOL) for entry in self.found.entries)


class PeopleForm(ListForm):
    """Register the people of a list, with their answers to the event's questions."""

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

    def __init__(self, *args: Any, questions: Sequence[Asked], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.meanings = meanings_of(questions)
        named = columns_of(questions)
        self.names = {one.key: named[one.id] for one in questions}


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
