"""When a child's work may be seen (promises, section 4). Pure: facts in, what is missing out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Missing(StrEnum):
    """What keeps an artwork from being public for a use, in the order in which people care for it."""

    CONSENT = "consent"
    ASSENT = "assent"
    REVIEW = "review"
    PICTURE = "picture"
    GALLERY = "gallery"


@dataclass(frozen=True)
class Facts:
    """What is known of an artwork. `consents`: the scopes with a live consent."""

    consents: frozenset[str]
    assent: bool
    reviewed: bool
    derived: bool
    gallery_published: bool


def missing(facts: Facts, scope: str) -> list[Missing]:
    """What is still missing for a use; empty when it may be shown."""
    wanting = {
        Missing.CONSENT: scope not in facts.consents,
        Missing.ASSENT: not facts.assent,
        Missing.REVIEW: not facts.reviewed,
        Missing.PICTURE: not facts.derived,
        Missing.GALLERY: not facts.gallery_published,
    }
    return [what for what, wants in wanting.items() if wants]


_NAME = re.compile(r"[^\W\d_][\w’'-]*(?: [^\W\d_]\.?)?")


def publishable_name(name: str) -> bool:
    """Whether a name may be published: one first name or pseudonym, at most with an initial. Never a full name."""
    return not name or (len(name) <= 40 and _NAME.fullmatch(name.strip()) is not None)
