"""What keeps a child's work from being shown, and which names may be published: by tables."""

from __future__ import annotations

from itertools import product

import pytest

from app.galleries.rules import AGE_BANDS, Facts, Missing, missing, publishable_name, same_themes

READY = {"assent": True, "described": True, "reviewed": True, "derived": True, "gallery_published": True}


def test_nothing_is_missing_only_when_everything_is_there() -> None:
    names = list(READY)
    for values in product((True, False), repeat=len(names)):
        for consents in (frozenset[str](), frozenset({"web"}), frozenset({"print", "auction"})):
            facts = Facts(consents=consents, **dict(zip(names, values, strict=True)))
            assert (missing(facts, "web") == []) is (all(values) and "web" in consents)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, []),
        ({"consents": frozenset()}, [Missing.CONSENT]),
        ({"consents": frozenset({"auction", "print", "report", "exhibition"})}, [Missing.CONSENT]),
        ({"assent": False}, [Missing.ASSENT]),
        ({"described": False}, [Missing.LABEL]),
        ({"reviewed": False}, [Missing.REVIEW]),
        ({"derived": False}, [Missing.PICTURE]),
        ({"gallery_published": False}, [Missing.GALLERY]),
        ({"assent": False, "consents": frozenset(), "reviewed": False},
         [Missing.CONSENT, Missing.ASSENT, Missing.REVIEW]),
    ],
)  # fmt: skip
def test_each_thing_missing_is_named(changes: dict[str, object], wanted: list[Missing]) -> None:
    assert missing(Facts(**({"consents": frozenset({"web"})} | READY | changes)), "web") == wanted  # type: ignore[arg-type]


@pytest.mark.parametrize("scope", ["web", "exhibition", "auction", "print", "report"])
def test_consent_for_one_use_is_none_for_another(scope: str) -> None:
    facts = Facts(consents=frozenset({scope}), **READY)
    for other in ("web", "exhibition", "auction", "print", "report"):
        assert missing(facts, other) == ([] if other == scope else [Missing.CONSENT])


@pytest.mark.parametrize(
    "name",
    ["", "Mia", "mia", "Jean-Paul", "D’Arcy", "O'Neil", "Mia K", "Mia K.", "Zoë Ł.", "Nguyễn", "日和", "مريم", "प्रिया",
     "Étoile7", "L·luna"],
)  # fmt: skip
def test_a_first_name_or_pseudonym_is_published(name: str) -> None:
    assert publishable_name(name)


@pytest.mark.parametrize(
    "name",
    ["Mia Muster", "mia muster", "MIA MUSTER", "Mia Anna", "Mia  K", "Muster, Mia", "Mia Muster K.", "Mia K. M.", "M. Muster",
     "Mia_Muster", "Mia.Muster", "Mia\tMuster", "Mia\u00a0Muster", "Mia\u3000Muster", "Mia/Muster", "mia@home.example",
     "+41791234567", "7", "-Mia", "Mia ", " Mia", " ", "Mia 7", "Mia K..", "Mia .", "a" * 41, "<b>", "Mia\u200bMuster",
     "Mia\u202eretsuM"],
)  # fmt: skip
def test_more_than_a_first_name_is_not(name: str) -> None:
    assert not publishable_name(name)


def test_age_is_told_in_bands_that_cover_the_pupils() -> None:
    ages = [age for band in AGE_BANDS for age in range(int(band.split("–")[0]), int(band.split("–")[1]) + 1)]
    assert ages == list(range(8, 17))


@pytest.mark.parametrize(
    ("known", "wanted", "same"),
    [
        ([], ["A", "B"], [None, None]),
        (["A", "B"], ["A", "B"], [0, 1]),
        (["A", "B"], ["B", "A"], [1, 0]),
        (["A", "B"], ["A", "C"], [0, 1]),
        (["A", "B"], ["C", "A", "B"], [None, 0, 1]),
        (["A", "B"], ["B"], [1]),
        (["A", "B", "C"], ["B", "X", "Y"], [1, 0, 2]),
        (["A", "B", "C"], ["B", "X"], [1, None]),
        (["A", "A"], ["A", "A"], [0, 1]),
        (["A"], [], []),
    ],
)  # fmt: skip
def test_a_theme_that_stays_is_known_again(known: list[str], wanted: list[str], same: list[int | None]) -> None:
    assert same_themes(known, wanted) == same
