"""What the cells of a list say to an event's questions, by the rules of the registration form. Pure.

An empty cell says nothing: what was answered before stays. What is not asked after the other answers is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.events import conditions
from app.events.columns import plain
from app.events.conditions import NO, YES, Conditional
from app.events.models import QuestionKind
from app.web.forms import YEARS, clean, storable, written_day

LONGEST_TEXT, LARGEST_NUMBER = 2000, 1_000_000_000
_YES = frozenset(map(plain, ("yes", "y", "oui", "o", "sí", "s", "true", "vrai", "verdadero", "x", "1")))
_NO = frozenset(map(plain, ("no", "n", "non", "false", "faux", "falso", "0")))
_EPOCH = date(1899, 12, 30)  # from where workbooks count days


class Fault(StrEnum):
    """Why an answer is refused."""

    MISSING = "missing"
    NO_CONSENT = "no_consent"
    TOO_LONG = "too_long"
    UNSTORABLE = "unstorable"
    NO_OPTION = "no_option"
    NO_NUMBER = "no_number"
    NO_DAY = "no_day"
    NO_YES = "no_yes"


class Wrong(Exception):
    """An answer that the form would not take either. `text` is what was written."""

    def __init__(self, fault: Fault, question_id: int, text: str = "") -> None:
        super().__init__(fault, question_id, text)
        self.fault, self.question_id, self.text = fault, question_id, text


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as far as a list can answer it."""

    id: int
    kind: QuestionKind
    label: str
    required: bool = False
    options: tuple[str, ...] = ()
    condition_id: int | None = None
    condition_value: str = ""

    @property
    def key(self) -> str:
        """The name of its answer among the values of a line."""
        return f"q{self.id}"


def after(
    questions: Sequence[Asked], cells: Mapping[str, str], before: Mapping[int, str], *, new: bool
) -> dict[int, str]:
    """The answers by question, as they are kept, once the cells of a line (by `Asked.key`) are taken over those before.

    Needed is what the list has a column for: in the line of somebody new, and of somebody whose answers change. Raises
    Wrong.
    """
    given = dict(before)
    for question in questions:
        if text := clean(cells.get(question.key)):
            given[question.id] = answer(question, text)
    found = only_asked(questions, given)
    if new or found != only_asked(questions, before):
        asked = _asked(questions, given)
        for question in questions:
            said = found.get(question.id, "")
            if not question.required or question.id not in asked or question.key not in cells:
                continue
            if said == NO and question.kind is QuestionKind.CONSENT:
                raise Wrong(Fault.NO_CONSENT, question.id)
            if not said:
                raise Wrong(Fault.MISSING, question.id)
    return found


def only_asked(questions: Sequence[Asked], given: Mapping[int, str]) -> dict[int, str]:
    """Those of the answers that are asked for, in the order of the form."""
    asked = _asked(questions, given)
    return {one.id: given[one.id] for one in questions if one.id in asked and given.get(one.id)}


def _asked(questions: Sequence[Asked], given: Mapping[int, str]) -> set[int]:
    return conditions.asked((Conditional(one.id, one.condition_id, one.condition_value) for one in questions), given)


def answer(question: Asked, text: str) -> str:
    """What a cell says, as it is kept. Raises Wrong."""
    if question.kind in (QuestionKind.YES_NO, QuestionKind.CONSENT):
        found = YES if plain(text) in _YES else NO if plain(text) in _NO else None
        return _found(found, Fault.NO_YES, question, text)
    if question.kind is QuestionKind.CHOICE:
        return _found(_option(question.options, text), Fault.NO_OPTION, question, text)
    if question.kind is QuestionKind.SEVERAL:
        return _found(_several(question.options, text), Fault.NO_OPTION, question, text)
    if question.kind is QuestionKind.NUMBER:
        number = int(text) if re.fullmatch(r"[0-9]{1,12}", text) else LARGEST_NUMBER + 1
        return _found(str(number) if number <= LARGEST_NUMBER else None, Fault.NO_NUMBER, question, text)
    if question.kind is QuestionKind.DATE:
        day = _day(text)
        return _found(day.isoformat() if day else None, Fault.NO_DAY, question, text)
    if len(text) > LONGEST_TEXT:
        raise Wrong(Fault.TOO_LONG, question.id)
    if not storable(text, lines=True):
        raise Wrong(Fault.UNSTORABLE, question.id)
    return text


def _found(value: str | None, fault: Fault, question: Asked, text: str) -> str:
    if value is None:
        raise Wrong(fault, question.id, text[:60])
    return value


def _option(options: Sequence[str], text: str) -> str | None:
    if text in options:
        return text
    alike = [option for option in options if plain(option) == plain(text) != ""]
    return alike[0] if len(alike) == 1 else None


def _several(options: Sequence[str], text: str) -> str | None:
    """Options with semicolons or line breaks between them, which may themselves hold semicolons; None if one is unknown."""
    parts = [part.strip() for part in re.split(r"[;\n]", text)]
    chosen: set[str] = set()
    while parts:
        for size in range(len(parts), 0, -1):
            if not any(parts[:size]):
                break
            if (option := _option(options, "; ".join(parts[:size]))) is not None:
                chosen.add(option)
                break
        else:
            return None
        parts = parts[size:]
    return "\n".join(option for option in options if option in chosen) or None


def _day(text: str) -> date | None:
    """A day as the form takes it, or as the cell of a workbook counts it."""
    try:
        day = _EPOCH + timedelta(days=int(text)) if re.fullmatch(r"[0-9]{5}", text) else written_day(text)
    except ValueError:
        return None
    return day if day.year in YEARS else None
