"""What the cells of a list say to an event's questions: pure, by tables and properties, and as the form would take it."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.events.answers import Asked, Fault, Wrong, after, answer
from app.events.asking_forms import party_form
from app.events.columns import headings, understood
from app.events.import_plans import meanings_of
from app.events.models import Event, Question, QuestionKind
from app.web.lists import read_text

MENU = ("Meat", "Fish", "Rice; peas")
CAR = Asked(1, QuestionKind.YES_NO, "By car?", required=True)
PLATE = Asked(2, QuestionKind.TEXT, "Number plate", required=True, condition_id=1, condition_value="yes")
RULES = Asked(3, QuestionKind.CONSENT, "I keep the rules", required=True)


def one(kind: QuestionKind, *options: str) -> Asked:
    return Asked(7, kind, "Question", options=options)


@pytest.mark.parametrize(
    ("question", "text", "kept"),
    [
        (one(QuestionKind.TEXT), "=1+1", "=1+1"),  # the form takes it, and no export lets it run
        (one(QuestionKind.TEXT), "two\nlines", "two\nlines"),
        (one(QuestionKind.TEXT), "x" * 2001, Fault.TOO_LONG),
        (one(QuestionKind.TEXT), "A\u202en", Fault.UNSTORABLE),
        (one(QuestionKind.CHOICE, *MENU), "Fish", "Fish"),
        (one(QuestionKind.CHOICE, *MENU), "  fish ", "Fish"),
        (one(QuestionKind.CHOICE, *MENU), "Rice; peas", "Rice; peas"),
        (one(QuestionKind.CHOICE, *MENU), "Tofu", Fault.NO_OPTION),
        (one(QuestionKind.CHOICE, "C", "C++"), "C++", "C++"),
        (one(QuestionKind.CHOICE, "C", "C++"), "c", Fault.NO_OPTION),  # which of the two?
        (one(QuestionKind.SEVERAL, *MENU), "Fish; Meat", "Meat\nFish"),
        (one(QuestionKind.SEVERAL, *MENU), "Rice; peas; Meat;", "Meat\nRice; peas"),
        (one(QuestionKind.SEVERAL, *MENU), "Fish\nMeat", "Meat\nFish"),
        (one(QuestionKind.SEVERAL, *MENU), "Fish; Tofu", Fault.NO_OPTION),
        (one(QuestionKind.SEVERAL, *MENU), ";", Fault.NO_OPTION),
        (one(QuestionKind.NUMBER), "007", "7"),
        *((one(QuestionKind.NUMBER), text, Fault.NO_NUMBER) for text in ("-1", "2.5", "1e3", "٣", "1000000001", "9" * 13)),
        (one(QuestionKind.DATE), "2026-03-08", "2026-03-08"),
        (one(QuestionKind.DATE), "46089", "2026-03-08"),  # as the cell of a workbook counts it
        *((one(QuestionKind.DATE), text, Fault.NO_DAY) for text in ("2026-02-30", "08.03.2026", "1969-12-31", "00001", "2026-3-8")),
        *((one(QuestionKind.YES_NO), text, "yes") for text in ("yes", "Oui", "sí", "SI", "x", "1", "TRUE")),
        *((one(QuestionKind.CONSENT), text, "no") for text in ("no", "Non", "0", "false")),
        (one(QuestionKind.YES_NO), "perhaps", Fault.NO_YES),
    ],
)  # fmt: skip
def test_a_cell_is_taken_as_the_form_would(question: Asked, text: str, kept: str | Fault) -> None:
    if not isinstance(kept, Fault):
        assert after([question], {"q7": text}, {}, new=True) == {7: kept}
        return
    with pytest.raises(Wrong) as wrong:
        after([question], {"q7": text}, {}, new=True)
    assert (wrong.value.fault, wrong.value.question_id) == (kept, 7)


@pytest.mark.parametrize(
    ("cells", "before", "new", "expected"),
    [
        ({"q1": "yes", "q2": "GE 1", "q3": "yes"}, {}, True, {1: "yes", 2: "GE 1", 3: "yes"}),
        ({"q1": "no", "q2": "GE 1", "q3": "yes"}, {}, True, {1: "no", 3: "yes"}),  # nobody asks for the plate
        ({"q1": "", "q3": "yes"}, {}, True, Fault.MISSING),
        ({"q1": "yes", "q2": "", "q3": "yes"}, {}, True, Fault.MISSING),
        ({"q1": "yes", "q3": "yes"}, {}, True, {1: "yes", 3: "yes"}),  # the list has no column for the plate
        ({"q1": "no", "q3": "no"}, {}, True, Fault.NO_CONSENT),
        ({}, {}, True, {}),
        ({"q1": "", "q3": ""}, {}, False, {}),  # an empty cell says nothing of who is registered
        ({"q1": "", "q3": ""}, {1: "no", 3: "yes"}, False, {1: "no", 3: "yes"}),
        ({"q1": "no"}, {1: "yes", 2: "GE 1"}, False, {1: "no"}),  # what is asked no more goes
        ({"q1": "yes", "q2": ""}, {1: "no"}, False, Fault.MISSING),
    ],
)
def test_what_is_needed_and_what_is_kept(
    cells: dict[str, str], before: dict[int, str], new: bool, expected: dict[int, str] | Fault
) -> None:
    try:
        found: object = after([CAR, PLATE, RULES], cells, before, new=new)
    except Wrong as wrong:
        found = wrong.fault
    assert found == expected


@given(st.lists(st.sampled_from(["Bus", "Tram", "On foot"]), unique=True), st.integers(0, 1_000_000_000), st.dates())
def test_what_was_kept_is_read_back_the_same(options: list[str], number: int, day: object) -> None:
    several = Asked(1, QuestionKind.SEVERAL, "How?", options=("Bus", "Tram", "On foot"))
    kept = "\n".join(option for option in several.options if option in options)
    if kept:
        assert answer(several, kept.replace("\n", "; ")) == kept
    assert answer(one(QuestionKind.NUMBER), str(number)) == str(number)
    if 1970 <= day.year <= 2200:  # type: ignore[attr-defined]
        assert answer(one(QuestionKind.DATE), str(day)) == str(day)


TYPED = {
    QuestionKind.TEXT: ("A word", "x" * 2000, "x" * 2001, "a\x00b"),
    QuestionKind.CHOICE: ("Meat", "Tofu"),
    QuestionKind.NUMBER: ("0", "12", "-1", "1000000000", "1000000001", "1.0", "x"),
    QuestionKind.DATE: ("1970-01-01", "2200-12-31", "2201-01-01", "2026-02-29", "20260308"),
    QuestionKind.YES_NO: ("yes", "no", "perhaps"),
}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_list_and_form_agree(app: Flask, engine: str) -> None:
    """Whatever the form takes or refuses, the list does."""
    for kind, texts in TYPED.items():
        options = "\n".join(MENU) if kind is QuestionKind.CHOICE else ""
        question = Question(id=7, kind=kind, label="Question", help="", required=True, options=options)
        asked = Asked(7, kind, "Question", required=True, options=MENU if options else ())
        for text in texts:
            with app.test_request_context():
                typed = MultiDict({"name": "Ann", "party": "1", "q7": text})
                form = party_form(Event(), [question], typed, high=1, known=True, pools={}, meta={"csrf": False})
                by_form = form.answers if form.validate() else None
            try:
                by_list: object = after([asked], {"q7": text}, {}, new=True)
            except Wrong:
                by_list = None
            assert by_list == by_form, (kind, text)


# The columns


def test_a_heading_means_one_thing_in_every_language() -> None:
    labels = {1: "Name", 2: "Menu", 3: "menu?", 4: "By car?", 5: "Invités", 6: "???", 7: "Groupe"}
    assert headings(labels) == {
        1: "Name [1]", 2: "Menu [2]", 3: "menu? [3]", 4: "By car?", 5: "Invités [5]", 6: "??? [6]", 7: "Groupe [7]",
    }  # fmt: skip
    questions = [Asked(number, QuestionKind.TEXT, label) for number, label in labels.items()]
    head = ",".join(["Name", "E-mail", *headings(labels).values()])
    (entry,) = understood(read_text(f"{head}\nAnn,a@a.example,1,2,3,4,5,6,7"), meanings_of(questions)).entries
    assert entry.values == {"name": "Ann", "email": "a@a.example"} | {f"q{number}": str(number) for number in labels}


def test_a_question_may_hold_a_sign_of_an_address() -> None:
    found = understood(
        read_text("Name,E-mail,Your @handle?\nAnn,a@a.example,@ann"),
        meanings_of([Asked(4, QuestionKind.TEXT, "Your @handle?")]),
    )
    assert found.entries[0].values == {"name": "Ann", "email": "a@a.example", "q4": "@ann"}
