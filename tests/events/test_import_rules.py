"""What the columns of a list mean, and what a list would change: pure, by tables and properties."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events.columns import Field, Misnamed, understood
from app.events.import_rules import (
    Inviting,
    Known,
    Registered,
    Verdict,
    Why,
    plan_addresses,
    plan_invitations,
    plan_registrations,
)
from app.web.lists import read_text


def told(text: str) -> list[tuple[int, dict[str, str]]]:
    return [
        (entry.line, {str(key): value for key, value in entry.values.items()})
        for entry in understood(read_text(text)).entries
    ]


@pytest.mark.parametrize(
    "head",
    [
        "Name,E-mail,Party,Needs,Diet,Language,Room",
        "NAME;E-MAIL ADDRESS;People;Remarks;Food;Lang;Seats in",
        "Nom complet\tCourriel\tNombre de personnes\tBesoins\tRégime\tLangue\tSalle",
        "nom,adresse électronique,personnes,remarques,repas,langue,lieu",
        "Nombre,Correo electrónico,Plazas,Necesidades,Dieta,Idioma,Sala",
        "nombre y apellidos|dirección de correo|personas|observaciones|comida|lengua|lugar",
    ],
)
def test_columns_are_understood_in_three_languages(head: str) -> None:
    separator = next(sign for sign in ",;\t|" if sign in head)
    line = separator.join(("Zoë Ü", "zoe@a.example", "2", "A ramp", "None", "fr", "Hall"))
    expected = {
        "name": "Zoë Ü", "email": "zoe@a.example", "party": "2", "needs": "A ramp", "diet": "None", "locale": "fr", "pool": "Hall",
    }  # fmt: skip
    assert told(f"{head}\n{line}") == [(2, expected)]


@pytest.mark.parametrize("head", ["Surname,First name", "Nom,Prénom", "Apellidos,Nombre", "Nom de famille,Prénoms"])
def test_a_name_in_two_columns(head: str) -> None:
    assert told(f"{head},E-mail\nKeller,Anna,a@a.example")[0][1] == {"name": "Anna Keller", "email": "a@a.example"}


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Anna Keller <a@a.example>", [("Anna Keller", "a@a.example")]),
        ("Keller, Anna <a@a.example>", [("Keller, Anna", "a@a.example")]),
        ('"Keller, Anna" <a@a.example>; Bo <b@a.example>', [("Keller, Anna", "a@a.example"), ("Bo", "b@a.example")]),
        ("a@a.example", [("", "a@a.example")]),
        ("a@a.example; b@a.example", [("", "a@a.example"), ("", "b@a.example")]),
        ("Anna Keller a@a.example", [("Anna Keller", "a@a.example")]),
        ("a@a.example\tAnna Keller", [("Anna Keller", "a@a.example")]),
        ("Anna;Keller;a@a.example", [("Anna Keller", "a@a.example")]),
        ("<mailto:a@a.example>", [("", "a@a.example")]),
        ("a@a.example\nno address", [("", "a@a.example"), ("", "no address")]),
    ],
)
def test_addresses_without_names_over_them(text: str, people: list[tuple[str, str]]) -> None:
    assert [(values["name"], values["email"]) for _line, values in told(text)] == people


def test_a_number_beside_an_address_is_the_party() -> None:
    assert told("Anna, a@a.example, 3")[0][1] == {"name": "Anna", "email": "a@a.example", "party": "3"}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Name,Party\nAnna,3", Field.EMAIL),
        ("Anna\nBo", Field.EMAIL),
        ("Name,E-mail,Courriel\nA,a@a.example,b@a.example", Field.EMAIL),
        ("Name,E-mail,Name\nA,a@a.example,B", Field.NAME),
    ],
)
def test_columns_that_are_missing_or_double(text: str, field: Field) -> None:
    with pytest.raises(Misnamed) as fault:
        understood(read_text(text))
    assert fault.value.field is field


def test_a_postal_address_beside_an_email_and_unknown_columns_are_not_used() -> None:
    found = understood(read_text("Name,Address,E-mail,Shoe size\nA,Rue 1,a@a.example,42"))
    assert found.entries[0].values["email"] == "a@a.example"
    assert found.unused == ["Address", "Shoe size"]


def test_the_mark_of_our_own_exports_is_taken_off() -> None:
    assert told("Name,E-mail,Needs\n'=A,a@a.example,'+x")[0][1] == {"name": "=A", "email": "a@a.example", "needs": "+x"}


# Registrations

FACTS = Registered(
    live={
        "known@a.example": Known(7, "Known", 2, "A ramp", "", 1),
        "brings@a.example": Known(8, "Brings", 3, "", "", 1, guests=("Mia Lund", "Tom Lund")),
    },
    gone=frozenset({"gone@a.example"}),
    pools={"hall": (1, 9), "online": (2, 3)},
    largest=9,
    guests_named=True,
)


def plan(line: str, head: str = "Name,E-mail,Party,Needs,Room,State") -> tuple[Verdict, Why | None, dict[str, object]]:
    (change,) = plan_registrations(understood(read_text(f"{head}\n{line}")).entries, FACTS)
    return change.verdict, change.why, {str(key): value for key, value in change.values.items()}


@pytest.mark.parametrize(
    ("line", "verdict", "why"),
    [
        ("Ann,Ann@A.example,2", Verdict.NEW, None),
        ("Ann,ann@a.example,9", Verdict.NEW, None),
        ("Known,known@a.example,2,A ramp", Verdict.KNOWN, Why.REGISTERED),
        ("Known,known@a.example,,", Verdict.KNOWN, Why.REGISTERED),
        ("Known K,known@a.example,2", Verdict.CHANGED, None),
        ("Known,known@a.example,3", Verdict.CHANGED, None),
        ("Known,known@a.example,2,Two ramps", Verdict.CHANGED, None),
        ("Known,known@a.example,2,,Online", Verdict.CHANGED, None),
        ("Ann,not an address", Verdict.REFUSED, Why.NO_ADDRESS),
        ("Ann,", Verdict.REFUSED, Why.NO_ADDRESS),
        (",ann@a.example", Verdict.REFUSED, Why.NO_NAME),
        ("=HYPERLINK(1),ann@a.example", Verdict.REFUSED, Why.FORMULA),
        ("A\u202enn,ann@a.example", Verdict.REFUSED, Why.UNSTORABLE),
        (f"{'x' * 121},ann@a.example", Verdict.REFUSED, Why.TOO_LONG),
        (f"Ann,ann@a.example,1,{'x' * 1001}", Verdict.REFUSED, Why.TOO_LONG),
        *((f"Ann,ann@a.example,{party}", Verdict.REFUSED, Why.NO_NUMBER) for party in ("0", "-1", "2.5", "two", "٣", "1e3", "NaN")),
        ("Ann,ann@a.example,10", Verdict.REFUSED, Why.TOO_LARGE),
        ("Ann,ann@a.example,4,,online", Verdict.REFUSED, Why.TOO_LARGE),
        ("Ann,ann@a.example,1,,Cellar", Verdict.REFUSED, Why.NO_POOL),
        ("Ann,ann@a.example,1,,,Withdrawn", Verdict.REFUSED, Why.GONE),
        ("Ann,ann@a.example,1,,,désinscrit", Verdict.REFUSED, Why.GONE),
        ("Gone,gone@a.example,1", Verdict.REFUSED, Why.WITHDREW),
    ],
)  # fmt: skip
def test_the_verdict_of_a_line(line: str, verdict: Verdict, why: Why | None) -> None:
    assert plan(line)[:2] == (verdict, why)


def test_an_empty_cell_changes_nothing_and_only_what_differs_is_written() -> None:
    assert plan("Known K,known@a.example,,")[2] == {"name": "Known K"}


def test_the_second_line_of_an_address_names_the_first() -> None:
    entries = understood(read_text("Name,E-mail\nA,a@a.example\nB,b@a.example\nA again,A@A.example")).entries
    changes = plan_registrations(entries, FACTS)
    assert [(change.verdict, change.why, change.detail) for change in changes][2] == (Verdict.REFUSED, Why.TWICE, "2")


@pytest.mark.parametrize(
    ("line", "verdict", "why", "values"),
    [
        ("Ann,ann@a.example,3,Mia Lund; Tom Lund", Verdict.NEW, None, {"party": 3, "guests": ("Mia Lund", "Tom Lund")}),
        ("Ann,ann@a.example,3,Mia  Lund;", Verdict.NEW, None, {"party": 3, "guests": ("Mia Lund",)}),
        ("Ann,ann@a.example,,Mia Lund; Tom Lund", Verdict.NEW, None, {"party": 3, "guests": ("Mia Lund", "Tom Lund")}),
        ('Ann,ann@a.example,,"Mia Lund\nTom, the young"', Verdict.NEW, None, {"party": 3, "guests": ("Mia Lund", "Tom, the young")}),
        ("Ann,ann@a.example,,2", Verdict.NEW, None, {"party": 3}),
        ("Ann,ann@a.example,2,7", Verdict.NEW, None, {"party": 2}),
        ("Ann,ann@a.example,,0", Verdict.NEW, None, {"party": 1}),
        ("Ann,ann@a.example,,9", Verdict.REFUSED, Why.TOO_LARGE, None),
        ("Ann,ann@a.example,2,Mia; Tom", Verdict.REFUSED, Why.GUESTS, None),
        (f"Ann,ann@a.example,2,{'x' * 121}", Verdict.REFUSED, Why.TOO_LONG, None),
        ("Ann,ann@a.example,2,=Mia", Verdict.REFUSED, Why.FORMULA, None),
        ("Brings,brings@a.example,3,Mia Lund; Tom Lund", Verdict.KNOWN, Why.REGISTERED, None),
        ("Brings,brings@a.example,,", Verdict.KNOWN, Why.REGISTERED, None),
        ("Brings,brings@a.example,,2", Verdict.KNOWN, Why.REGISTERED, None),
        ("Brings,brings@a.example,,Mia Lund", Verdict.CHANGED, None, {"guests": ("Mia Lund",)}),
        ("Brings,brings@a.example,2,Tom Lund", Verdict.CHANGED, None, {"party": 2, "guests": ("Tom Lund",)}),
        ("Known,known@a.example,,Mia; Tom", Verdict.REFUSED, Why.GUESTS, None),
    ],
)  # fmt: skip
def test_who_comes_along(line: str, verdict: Verdict, why: Why | None, values: dict[str, Any] | None) -> None:
    found = plan(line, "Name,E-mail,Party,Guests")
    assert found[:2] == (verdict, why)
    if values is not None:
        assert {key: value for key, value in found[2].items() if key != "name"} == values


def test_where_guests_are_only_counted_their_names_are_not_kept() -> None:
    counted = replace(FACTS, guests_named=False)
    entries = understood(read_text("Name,E-mail,Guests\nAnn,ann@a.example,Mia; Tom")).entries
    (change,) = plan_registrations(entries, counted)
    assert change.values == {"name": "Ann", "party": 3}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Ann", "Bo", "", "=x"]),
            st.sampled_from("abcdef"),
            st.sampled_from(["", "1", "2", "12", "x"]),
            st.sampled_from(["", "1", "3", "Mia", "Mia; Tom", ";"]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_the_same_list_again_changes_nothing(lines: list[tuple[str, str, str, str]]) -> None:
    rows = [f"{name},{letter}@a.example,{party},{guests}" for name, letter, party, guests in lines]
    text = "\n".join(["Name,E-mail,Party,Guests", *rows])
    entries = understood(read_text(text)).entries
    facts = Registered(live={}, gone=frozenset(), pools={}, largest=9, guests_named=True)
    first = plan_registrations(entries, facts)
    live = {
        change.email: Known(
            1,
            str(change.values["name"]),
            int(change.values.get("party", 1)),
            "",
            "",
            None,
            change.values.get("guests", ()),
        )
        for change in first
        if change.verdict is Verdict.NEW
    }
    second = plan_registrations(entries, replace(facts, live=live))
    assert {change.verdict for change in second} <= {Verdict.KNOWN, Verdict.REFUSED}
    assert len(live) == len({change.email for change in first if change.verdict is not Verdict.REFUSED})


def test_invitations_known_registered_and_taken_back() -> None:
    entries = understood(read_text("new@a.example\nstands@a.example\nback@a.example\nhas@a.example\nx")).entries
    standing = {"stands@a.example": True, "back@a.example": False}
    changes = plan_invitations(entries, Inviting(standing, frozenset({"has@a.example"}), 9))
    assert [(change.verdict, change.why) for change in changes] == [
        (Verdict.NEW, None), (Verdict.KNOWN, Why.INVITED), (Verdict.NEW, Why.AGAIN), (Verdict.KNOWN, Why.REGISTERED),
        (Verdict.REFUSED, Why.NO_ADDRESS),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "address", "why"),
    [
        ("Ann@School.example", "ann@school.example", None),
        ("@School.Example", "@school.example", None),
        ("@", None, Why.NO_ADDRESS),
        ("@school", None, Why.NO_ADDRESS),
        ("@a@b.example", None, Why.NO_ADDRESS),
        ("*@school.example", "*@school.example", None),
        ("=cmd!x@b.example", None, Why.FORMULA),
    ],
)
def test_addresses_and_domains_of_a_closed_list(text: str, address: str | None, why: Why | None) -> None:
    (change,) = plan_addresses(understood(read_text(text)).entries, {}, "Parents")
    assert change.why is why
    if address:
        assert (change.email, change.values) == (address, {"group": "Parents"})
