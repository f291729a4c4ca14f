"""The form that makes a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import DataRequired, ValidationError

from app.events.asking_forms import options_of, yes_no
from app.events.models import Question, QuestionKind
from app.web.forms import Form, LinesField, TextField, choices

QUESTION_KINDS = {
    QuestionKind.TEXT: _l("Text"),
    QuestionKind.CHOICE: _l("One of several options"),
    QuestionKind.SEVERAL: _l("Any of several options"),
    QuestionKind.NUMBER: _l("A number"),
    QuestionKind.DATE: _l("A day"),
    QuestionKind.YES_NO: _l("Yes or no"),
    QuestionKind.CONSENT: _l("A consent to tick"),
    QuestionKind.FILE: _l("A file"),
}
WITH_OPTIONS = (QuestionKind.CHOICE, QuestionKind.SEVERAL)
MOST_OPTIONS = 50


def condition_options(questions: Sequence[Question]) -> list[tuple[Question, list[tuple[str, str]]]]:
    """(question, its answers as (value, words)) of those on whose answers another may depend."""
    found = []
    for question in questions:
        if question.kind in WITH_OPTIONS:
            found.append((question, [(option, option) for option in options_of(question)]))
        elif question.kind in (QuestionKind.YES_NO, QuestionKind.CONSENT):
            found.append((question, [(value, str(word)) for value, word in yes_no()]))
    return found


class QuestionForm(Form):
    """Ask a question, or change one (then its kind stays)."""

    kind = SelectField(_l("Kind of answer"), choices=choices(QUESTION_KINDS.items()), coerce=str)
    label = TextField(_l("Question"), longest=300, validators=[DataRequired(_l("Write the question."))])
    help = TextField(_l("A word of help"), longest=500, description=_l("Shown beneath the question."))
    options = LinesField(
        _l("Options"), longest=5000, description=_l("One a line, if one chooses."), render_kw={"rows": 4}
    )
    required = BooleanField(_l("An answer is needed"))
    condition = SelectField(_l("Asked"), coerce=str, default="")

    def __init__(
        self, *args: Any, earlier: Sequence[Question] = (), kind: QuestionKind | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fixed = kind
        if kind is not None:
            del self.kind
        offered: list[tuple[str, Any]] = [("", _("Always"))]
        for question, answers in condition_options(earlier):
            for value, word in answers:
                words = _("Only after “%(answer)s” to: %(question)s", answer=word, question=question.label)
                offered.append((f"{question.id}:{value}", words))
        self.condition.choices = choices(offered)

    @classmethod
    def of(cls, question: Question, earlier: Sequence[Question]) -> QuestionForm:
        """The form that shows a question as it is."""
        columns = ("label", "help", "options", "required")
        values = {name: getattr(question, name) for name in columns}
        condition = f"{question.condition_id}:{question.condition_value}" if question.condition_id else ""
        return cls(data=values | {"condition": condition}, earlier=earlier, kind=question.kind)

    @property
    def _kind(self) -> str:
        return self.fixed.value if self.fixed else str(self.kind.data)

    def validate_options(self, field: Any) -> None:
        """Some, each once, where one chooses; none elsewhere."""
        lines = _lines(field.data)
        if self._kind not in WITH_OPTIONS:
            return
        if len(lines) < 2 or len(set(lines)) < len(lines):
            raise ValidationError(_("Write at least two options, each once, one a line."))
        if len(lines) > MOST_OPTIONS or any(len(line) > 200 for line in lines):
            raise ValidationError(_("Write at most 50 options of at most 200 characters."))

    @property
    def values(self) -> dict[str, Any]:
        """What `add_question` and `update_question` take."""
        number, _colon, value = (self.condition.data or "").partition(":")
        options = "\n".join(_lines(self.options.data)) if self._kind in WITH_OPTIONS else ""
        found = {"label": self.label.data, "help": self.help.data, "required": bool(self.required.data)}
        found |= {"options": options, "condition_id": int(number) if number else None, "condition_value": value}
        return found if self.fixed else found | {"kind": QuestionKind(self.kind.data)}


def _lines(text: str | None) -> list[str]:
    return [line for raw in (text or "").split("\n") if (line := " ".join(raw.split()))]
