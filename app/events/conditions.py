"""Which questions of a registration form are asked, given the answers: pure, so that page, server and tests agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Conditional:
    """A question in its place in the form. Without `condition_id` it is asked always."""

    id: int
    condition_id: int | None = None
    condition_value: str = ""


def asked(questions: Iterable[Conditional], answers: Mapping[int, str]) -> set[int]:
    """The ids of the questions that are asked, in the order of the form: one whose condition is asked before it and was
    answered so. Of an answer with several options (one a line) any may be the one."""
    found: set[int] = set()
    for question in questions:
        needed = question.condition_id
        if needed is None or (needed in found and question.condition_value in answers.get(needed, "").split("\n")):
            found.add(question.id)
    return found


def may_follow(order: Iterable[Conditional]) -> bool:
    """Whether each question stands after the one that it depends on, if that one is in the form at all."""
    rows = list(order)
    places = {question.id: place for place, question in enumerate(rows)}
    return all(
        question.condition_id is None or places.get(question.condition_id, -1) < place
        for place, question in enumerate(rows)
    )
