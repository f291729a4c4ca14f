"""Managing partners. That others may not is in tests/events/test_access.py."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.database import db
from app.core.transactions import atomic
from app.partners.models import Partner
from app.partners.services import create_partner, slug_of
from tests.cast import Cast


def typed(**changes: str) -> dict[str, str]:
    return {
        "name": "Voix Libres", "kind": "ngo", "city": "Genève", "country": "ch", "website": "https://voix.example",
        "email": "Info@Voix.example", "summary": "They help.",
    } | changes  # fmt: skip


def test_add_find_and_change(app: Flask, cast: Cast, client_for: Any) -> None:
    client = client_for(cast.organiser)
    assert "No partner yet" in client.get("/manage/partners/").text
    assert client.post("/manage/partners/new/", data=typed()).status_code == 303
    row = db.session.scalar(select(Partner))
    assert (row.slug, row.country, row.email) == ("voix-libres", "CH", "info@voix.example")
    assert "Voix Libres" in client.get("/manage/partners/?q=gen%C3%A8ve&kind=ngo").text
    assert "No partner fits" in client.get("/manage/partners/?kind=school").text
    assert 'value="Voix Libres"' in client.get(f"/manage/partners/{row.id}/").text
    assert client.post(f"/manage/partners/{row.id}/", data=typed(name="Voix", kind="donor")).status_code == 303
    db.session.rollback()
    assert (row.slug, row.name, row.kind.value) == ("voix-libres", "Voix", "donor")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", ["", "  ", "x" * 201, "a\x00", "a\u202eb"]),
        ("kind", ["", "king"]),
        ("country", ["C", "C1", "日本", "CHE"]),
        (
            "website",
            ["javascript:alert(1)", "//x.example", "x.example", "https://a\nb.example", "https://u:p@x.example"],
        ),
        ("email", ["nobody", "a@b@c", "a@x.example\nBcc: b"]),
        ("summary", ["x" * 5001, "x" * 1_000_000]),
    ],
)
def test_bad_input_is_refused(app: Flask, cast: Cast, client_for: Any, field: str, values: list[str]) -> None:
    for value in values:
        answer = client_for(cast.organiser).post("/manage/partners/new/", data=typed(**{field: value}))
        assert answer.status_code in (400, 413, 422), (field, value[:30])
        assert answer.status_code != 422 or f'id="{field}-error"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(Partner)) == 0


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Été à l'école!", "ete-a-l-ecole"), ("日本", "partner"), ("", "partner"), ("a" * 100, "a" * 60), ("--A--", "a")],
)
def test_addresses_from_titles(title: str, slug: str) -> None:
    assert slug_of(title, "partner") == slug


def test_twelve_of_one_name_get_twelve_addresses(app: Flask) -> None:
    with atomic():
        slugs = {create_partner(name="School", kind="school").slug for _ in range(12)}
    assert len(slugs) == 12
