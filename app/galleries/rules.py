"""When a child's work may be seen (promises, section 4). Pure: facts in, what is missing out."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

AGE_BANDS = ("8–10", "11–13", "14–16")  # never an age: with a first name and a school it points at one child
LONGEST_NAME = 40


class Missing(StrEnum):
    """What keeps an artwork from being public for a use, in the order in which people care for it."""

    CONSENT = "consent"
    ASSENT = "assent"
    LABEL = "label"
    REVIEW = "review"
    PICTURE = "picture"
    GALLERY = "gallery"


@dataclass(frozen=True)
class Facts:
    """What is known of an artwork. `consents`: the scopes with a live consent; `described`: it has alternative text."""

    consents: frozenset[str]
    assent: bool
    described: bool
    reviewed: bool
    derived: bool
    gallery_published: bool


def missing(facts: Facts, scope: str) -> list[Missing]:
    """What is still missing for a use; empty when it may be shown."""
    wanting = {
        Missing.CONSENT: scope not in facts.consents,
        Missing.ASSENT: not facts.assent,
        Missing.LABEL: not facts.described,
        Missing.REVIEW: not facts.reviewed,
        Missing.PICTURE: not facts.derived,
        Missing.GALLERY: not facts.gallery_published,
    }
    return [what for what, wants in wanting.items() if wants]


def publishable_name(name: str) -> bool:
    """Whether a name may be published: one first name or pseudonym, at most with an initial. Never a full name.

    `Mia`, `Jean-Paul`, `Mia K.` and nothing at all may; `Mia Muster`, `mia muster`, `Muster, Mia` may not.
    """
    if not name:
        return True
    first, _, initial = name.partition(" ")
    letter = initial.removesuffix(".")
    shape = _kinds(first)
    return (
        len(name) <= LONGEST_NAME
        and not name.endswith(" ")
        and shape[:1] == "L"
        and set(shape) <= set("LMN-")
        and (not initial or (_kinds(letter)[:1] == "L" and set(_kinds(letter)[1:]) <= {"M"}))
    )


def _kinds(word: str) -> str:
    """L for a letter, M for a mark on it, N for a digit, - for what joins names, and ? for the rest."""
    return "".join(
        "-" if sign in "-‐’'·" else kind if (kind := unicodedata.category(sign)[0]) in "LMN" else "?" for sign in word
    )


def same_themes(known: Sequence[str], wanted: Sequence[str]) -> list[int | None]:
    """For each wanted title, which known one it is (its index), or None for a new theme.

    A title found again is the same theme wherever it stands now. When as many were rewritten as are left over, those
    are the same in their order: to correct a title must not take the pictures out of the theme.
    """
    free = dict(enumerate(known))
    found: list[int | None] = []
    for title in wanted:
        match = next((index for index, other in free.items() if other == title), None)
        found.append(match)
        if match is not None:
            del free[match]
    if found.count(None) == len(free):
        left = iter(free)
        found = [next(left) if match is None else match for match in found]
    return found
