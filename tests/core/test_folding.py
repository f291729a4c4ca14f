"""Looking for words without accents and case: the same on both engines."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.database import db
from app.core.folding import DOUBLE, SINGLE, fold, folded, found_in
from app.core.transactions import atomic
from app.partners.models import Partner, PartnerKind
from app.partners.queries import partners
from app.partners.services import create_partner

LETTERS = st.characters(min_codepoint=0x20, max_codepoint=0x24F)


@pytest.mark.parametrize(
    ("typed", "stands"),
    [
        ("ecole", "École"), ("ÉCOLE", "ecole"), ("educacion", "Educación"), ("strasse", "Straße"), ("oeuvre", "Œuvre"),
        ("Lodz", "Łódź"), ("l'ecole", "L’école"), ("cafe\u0301", "Café"), ("100%", "100% à nous"), ("a_b", "à_b"),
    ],
)  # fmt: skip
def test_what_is_found(app: Flask, typed: str, stands: str) -> None:
    create_partner_named(stands)
    assert [row.name for row in db.session.scalars(partners(typed))] == [stands]


@pytest.mark.parametrize("typed", ["100%x", "a%b", "a_b", "\\", "ecola"])
def test_signs_of_a_pattern_are_letters(app: Flask, typed: str) -> None:
    create_partner_named("École axb, 100 ax")
    assert db.session.scalars(partners(typed)).all() == []


def create_partner_named(name: str) -> None:
    with atomic():
        create_partner(name=name, kind=PartnerKind.SCHOOL)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=LETTERS | st.sampled_from([*SINGLE, *DOUBLE, "\u0301", "ﬁ", "ẞ"]), max_size=30))
def test_the_database_folds_as_we_do(app: Flask, text: str) -> None:
    assert db.session.scalar(select(folded(text))) == fold(text)
    db.session.rollback()


def test_nothing_is_found_in_nothing(app: Flask) -> None:
    assert fold(None) is None
    assert db.session.scalar(select(found_in("a", Partner.name))) is None
