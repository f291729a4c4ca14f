"""The form of a registration with the questions of its event, and the form that makes a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, Field, RadioField, SelectField
from wtforms.validators import Optional as OptionalValue
from wtforms.validators import ValidationError

from app.events import conditions
from app.events.answers import LARGEST_NUMBER, LONGEST_TEXT, Asked
from app.events.asking import conditional
from app.events.forms import Checkboxes, RegistrationForm, ask_where
from app.events.models import Event, Question, QuestionKind, SeatPool
from app.web.forms import DayField, LinesField, WholeField, choices, clean, row_id

LONGEST_NAME = 120
MISSING = {
    QuestionKind.TEXT: _l("Please write an answer."),
    QuestionKind.CHOICE: _l("Please choose one."),
    QuestionKind.SEVERAL: _l("Please choose at least one."),
    QuestionKind.NUMBER: _l("Please write a number."),
    QuestionKind.DATE: _l("Please write a day."),
    QuestionKind.YES_NO: _l("Please choose yes or no."),
    QuestionKind.CONSENT: _l("You can register only with this consent."),
}


def yes_no() -> list[tuple[str, Any]]:
    """(value, word) of the two answers."""
    return [(conditions.YES, _l("Yes")), (conditions.NO, _l("No"))]


class YesNoField(RadioField):
    """One of two answers, or none: also where there was one before."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Nothing sent is no answer."""
        self.data = None
        super().process_formdata(valuelist)


class PartyForm(RegistrationForm):
    """Register a party, or change it. Its questions are fields named q and their number, made by `party_form`.

    `questions` are all those of the event, in order; of those that are not asked after the answers given nothing is
    needed, refused or kept.
    """

    guests = LinesField(_l("Who comes with you?"), longest=5000, render_kw={"rows": 3})
    pool_id = RadioField(_l("Where?"), coerce=row_id)
    in_part = BooleanField(_l("If there are too few seats for all of us, some of us come first"))
    ask_first = BooleanField(_l("Ask me by mail before you give me seats that became free"))
    listed = BooleanField(_l("The others who are registered may read my name"))
    questions: Sequence[Question] = ()

    def fields_asked(self) -> list[tuple[Question, Field]]:
        """Every question with its field."""
        return [(one, self[f"q{one.id}"]) for one in self.questions if one.kind is not QuestionKind.FILE]

    def only_after(self, question: Question) -> str:
        """When a question is asked, in words; empty when it always is."""
        for other in self.questions:
            if other.id == question.condition_id:
                if other.kind is QuestionKind.CONSENT and question.condition_value == conditions.YES:
                    return str(_("Only if you tick “%(question)s”.", question=other.label))
                answer = words_of(other, question.condition_value)
                return str(_("Only if you answer “%(answer)s” to “%(question)s”.", answer=answer, question=other.label))
        return ""

    @property
    def answers(self) -> dict[int, str]:
        """What was answered, as text, to the questions that are asked."""
        given = {one.id: _text(one, field.data) for one, field in self.fields_asked() if not field.errors}
        asked = conditions.asked(map(conditional, self.questions), given)
        return {number: text for number, text in given.items() if text and number in asked}

    @property
    def guest_names(self) -> list[str]:
        """The guests' names, one a line."""
        return [name for line in (self.guests.data or "").split("\n") if (name := " ".join(line.split()))]

    def validate(self, extra_validators: Any = None) -> bool:
        """Only what is asked counts."""
        super().validate(extra_validators)
        given = {one.id: _text(one, field.data) for one, field in self.fields_asked() if not field.errors}
        asked = conditions.asked(map(conditional, self.questions), given)
        for question, field in self.fields_asked():
            if question.id not in asked:
                field.errors = []
            elif question.required and not field.errors and given.get(question.id, "") in ("", *_unticked(question)):
                field.errors = [MISSING[question.kind]]
        return not self.errors

    def validate_guests(self, field: Any) -> None:
        """A name for each."""
        names, others = self.guest_names, (self.party.data or 1) - 1
        if any(len(name) > LONGEST_NAME for name in names):
            raise ValidationError(_("Keep each name to %(count)s characters or fewer.", count=LONGEST_NAME))
        if not self.party.errors and self.party.data and len(names) != others:
            words = _(
                "With you that makes %(count)s, but you wrote that you are %(party)s.",
                count=len(names) + 1,
                party=others + 1,
            )
            raise ValidationError(words)

    @property
    def values(self) -> dict[str, Any]:
        """What a registration keeps of it, without answers and guests."""
        names = ("name", "needs", "diet", "in_part", "ask_first", "listed")
        found = {name: self[name].data for name in names if name in self}
        return found | {"pool_id": self.pool_id.data if "pool_id" in self else None}


def _unticked(question: Question) -> tuple[str, ...]:
    return (conditions.NO,) if question.kind is QuestionKind.CONSENT else ()


def party_form(
    event: Event,
    questions: Sequence[Question],
    typed: Any,
    *,
    high: int,
    known: bool,
    pools: Mapping[int, str],
    **values: Any,
) -> PartyForm:
    """The form for an event. `pools` are words for each pool by its id; `high` is the largest party; `values` fill it."""
    fields = {f"q{one.id}": _field(one) for one in questions if one.kind is not QuestionKind.FILE}
    form: PartyForm = type("AskedForm", (PartyForm,), fields)(typed, largest=high, known=known, **values)
    form.questions = questions
    for question, field in form.fields_asked():
        field.flags.optional = not question.required
        field.flags.required = question.required and question.condition_id is None
    ask_where(form, pools, first=True)
    if not event.guest_names or high < 2:
        del form.guests
    if not event.participants_listed:
        del form.listed
    if high < 2:
        del form.in_part
    return form


def _field(question: Question) -> Any:
    needed = [OptionalValue()]
    common: dict[str, Any] = {"description": question.help, "validators": needed}
    if question.kind is QuestionKind.TEXT:
        return LinesField(question.label, longest=LONGEST_TEXT, render_kw={"rows": 2}, **common)
    if question.kind is QuestionKind.CHOICE:
        offered = [("", _l("Choose")), *((option, option) for option in options_of(question))]
        return SelectField(question.label, choices=choices(offered), coerce=_plain, **common)
    if question.kind is QuestionKind.SEVERAL:
        offered = [(option, option) for option in options_of(question)]
        return Checkboxes(question.label, choices=choices(offered), coerce=_plain, **common)
    if question.kind is QuestionKind.NUMBER:
        bounds = {"low": 0, "high": LARGEST_NUMBER}
        return WholeField(question.label, render_kw={"inputmode": "numeric"}, **bounds, **common)
    if question.kind is QuestionKind.DATE:
        return DayField(question.label, **common)
    if question.kind is QuestionKind.YES_NO:
        return YesNoField(question.label, choices=choices(yes_no()), coerce=_plain, **common)
    return BooleanField(question.label, description=question.help)


def _plain(value: Any) -> str:
    return "" if value is None else clean(str(value))


def _text(question: Question, data: Any) -> str:
    """An answer as it is kept."""
    if question.kind is QuestionKind.CONSENT:
        return conditions.YES if data else conditions.NO
    if question.kind is QuestionKind.SEVERAL:
        return "\n".join(option for option in options_of(question) if option in (data or ()))
    if isinstance(data, date):
        return data.isoformat()
    return "" if data is None else str(data)


def data_of(question: Question, text: str) -> Any:
    """A kept answer as a form's field holds it."""
    if question.kind is QuestionKind.CONSENT:
        return text == conditions.YES
    if question.kind is QuestionKind.SEVERAL:
        return text.split("\n")
    if question.kind is QuestionKind.DATE:
        return date.fromisoformat(text)
    return int(text) if question.kind is QuestionKind.NUMBER else text


def words_of(question: Question | Asked, text: str) -> str:
    """A kept answer as a person reads it."""
    if question.kind in (QuestionKind.YES_NO, QuestionKind.CONSENT):
        return str(dict(yes_no()).get(text, text))
    return text.replace("\n", ", ") if question.kind is QuestionKind.SEVERAL else text


def options_of(question: Question) -> list[str]:
    """A question's options."""
    return question.options.split("\n") if question.options else []


def words_for_pools(pools: Sequence[SeatPool], waiting: Mapping[int, int]) -> dict[int, str]:
    """What stands beside each pool in a form: its name and its free seats."""
    return {pool.id: f"{pool_name(pool)}: {seats_words(pool, waiting.get(pool.id, 0))}" for pool in pools}


def pool_name(pool: SeatPool) -> str:
    """A pool's name, or what it is."""
    return pool.name or (str(_("Online")) if pool.kind == "online" else str(_("In the room")))


def seats_words(pool: SeatPool, waiting: int) -> str:
    """How many seats are free, or how many parties wait."""
    if pool.free:
        return str(ngettext("%(num)d seat is free", "%(num)d seats are free", pool.free))
    if waiting:
        return str(ngettext("full, %(num)d registration waits", "full, %(num)d registrations wait", waiting))
    return str(_("full, nobody waits yet"))
