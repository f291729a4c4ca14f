"""The demonstration's pictures: complete, describable, and the same on every run."""

from __future__ import annotations

import struct
from collections import Counter

import pytest

from app.cli.demo_art import WORKS, Work, render, svg


def test_forty_works_with_their_own_key_title_and_composition() -> None:
    assert len(WORKS) == 40
    for field in ("key", "title", "caption", "alt", "scene"):
        assert len({getattr(work, field) for work in WORKS}) == 40, field


def test_the_three_themes_and_both_schools_are_well_represented() -> None:
    assert {theme: n >= 10 for theme, n in Counter(work.theme for work in WORKS).items()} == {
        "gender": True,
        "migration": True,
        "womens-day": True,
    }
    assert set(Counter(work.school for work in WORKS)) == {0, 1}


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.key)
def test_words_of_a_work(work: Work) -> None:
    assert 40 <= len(work.alt) <= 300
    assert work.caption.endswith(".")
    assert 8 <= work.age <= 16
    assert all((work.title, work.medium, work.artist))
    assert work.size.endswith(" cm") and " × " in work.size


@pytest.mark.parametrize("work", [WORKS[0], WORKS[3]], ids=lambda work: work.key)
def test_a_drawing_is_the_same_every_time(work: Work) -> None:
    assert svg(work) == svg(work)


def test_every_drawing_differs() -> None:
    assert len({svg(work) for work in WORKS}) == 40


@pytest.mark.parametrize(("key", "size"), [("train", (1600, 900)), ("flying-luggage", (1600, 1130))])
def test_a_rendered_picture_is_a_png_of_the_expected_size(key: str, size: tuple[int, int]) -> None:
    picture = render(next(work for work in WORKS if work.key == key))
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) == size
    assert len(picture) < 4_000_000
