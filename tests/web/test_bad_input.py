"""Every form against every class of bad input: it is refused beside its field or taken harmlessly, and never a fault.

Forms are found in the pages as a browser finds them, so a new field is tried without being listed here; a new form that
is not in the table of tests/web/world.py fails the first test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from wtforms.fields.choices import SelectChoice

from app.auctions.forms import AuctionForm
from app.core.database import db
from app.web.forms import clean
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.nasty import NASTY_TEXTS
from tests.web import world
from tests.web.controls import Control, Page, WebForm, arrived, encoded
from tests.web.recorder import committed

FORM = "application/x-www-form-urlencoded"
MARKUP = "<script>alert(1)</script>"
AMOUNTS = (
    "-1", "NaN", "Infinity", "1e309", "1e3", "0x10", "1_000", "+7", "35 CHF", "½", "٣٥", "1,234,5", "35.999", "3.1.4",
    "9" * 400, "9" * 12, "2147483648",
)  # fmt: skip
TIMES = (
    "2026-02-30", "2026-02-30T10:00", "9999-12-31", "9999-12-31T23:59", "0000-00-00", "10000-01-01", "1500-01-01T10:00",
    "24:00", "2026-01-01T10:00+02:00", "2026-03-29T02:30", "٢٠٢٦-01-01", "yesterday",
)  # fmt: skip
ADDRESSES = (
    "a@b.example\r\nBcc: c@d.example", "a@b@c.example", "аnna@home.example", "@", "a" * 300 + "@b.example", "a@b",
    "//evil.example", "javascript:alert(1)", "http://", "http://[::1", "http://a b.example", "ftp://a.example/",
    "https://user:secret@evil.example/", "data:text/html,x", "http://a.example:99999/", "http://a.example/\n.evil/",
)  # fmt: skip
OF_KIND = {"amount": AMOUNTS, "time": TIMES, "address": ADDRESSES}
TEXTS = (*(text for text in NASTY_TEXTS if text not in AMOUNTS + TIMES + ADDRESSES), "a\u2028b", "\ufeff", "\x1b[31m")
MOST_TELLING = TEXTS[:7]
CHOICES = ("", "-1", "999999999999999999999", "nowhere", "٣", "1\x00", "\ud800", MARKUP, "x" * 5000)
FEW = ("", "a\x00b", "\ud800", MARKUP, "-1", "9" * 400, "9999-12-31T23:59", "NaN", "http://[::1")
# What databases differ about: the other engine is tried with these.
STORED = ("a\x00b", "\ud800", "2147483648", "9" * 400, "9999-12-31T23:59", "🎨" * 300)


def test_every_form_is_in_the_table(app: Flask) -> None:
    listed = {case.endpoint for cases in world.CASES.values() for case in cases}
    posting = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert posting - listed == set(world.EXCEPTIONS), "a form that no table tries"


def kind_of(sample: str) -> str:
    """What a field asks for, told from what a person types there."""
    if re.fullmatch(r"\d+([.]\d+)?", sample):
        return "amount"
    if re.match(r"\d{4}-\d\d-\d\d", sample):
        return "time"
    return "address" if "@" in sample or sample.startswith(("http", "/")) else "text"


def nasty_values(control: Control, sample: str, thorough: bool, texts: Sequence[str] = TEXTS) -> Iterator[Any]:
    """What to send instead of a control's value; a list is sent as a repeated field."""
    if db.engine.name == "postgresql":
        yield from STORED if thorough else STORED[:4]
        return
    yield []
    if control.kind in ("select", "checkbox", "radio"):
        yield from CHOICES if thorough else CHOICES[:4]
        yield [*control.offered[:2], "nowhere"]
        return
    yield from (*texts, *OF_KIND.get(kind_of(sample), ())) if thorough else FEW
    yield ["one", "two"]


def must_refuse(control: Control, value: Any, sample: str) -> bool:
    """Whether no field of this kind may take the value: nothing where something is needed, or not of its kind."""
    if control.kind in ("hidden", "checkbox", "radio") or value == ["one", "two"]:
        return False
    if control.kind == "select" and isinstance(value, str):
        return value not in control.offered
    if not isinstance(value, str) or not value.strip():
        return control.required
    return value in ("a\x00b", "\u202egnp.exe", "\x1b[31m") or value in OF_KIND.get(kind_of(sample), ())


def told(value: Any) -> str:
    """A value, short enough for a message."""
    text = ascii(value)
    return text if len(text) < 60 else f"{text[:40]}… ({len(text)} characters)"


def same(text: str) -> str:
    """A text without what a form may tidy: case, spaces, line ends."""
    return "".join(clean(text).casefold().split())


class Trial:
    """One form, as it stands on its page, and what it does with bad input."""

    def __init__(self, app: Flask, case: world.Case, client: FlaskClient, found: dict[str, Any]) -> None:
        self.case, self.client = case, client
        self.typed = case.fill | (case.before(found, client) if case.before else {})
        self.path = case.address(app, found)
        page = client.get(case.stands_at(app, found))
        assert page.status_code == 200, f"{case.endpoint}: its page answers {page.status_code}"
        self.form = Page(page.text).form(self.path)

    def valid(self) -> dict[str, list[str]]:
        """What a person would send."""
        values = self.form.values
        for name, value in self.typed.items():
            value = value() if callable(value) else value
            values[name] = value if isinstance(value, list) else [value]
        return values

    def send(self, values: dict[str, list[str]]) -> Any:
        """Post it as a browser would."""
        return self.client.post(self.path, data=encoded(values), content_type=FORM)

    def faults(self, written: list[str]) -> Iterator[str]:
        """Everything that goes wrong with one bad field at a time."""
        count = 0
        for control in list(self.form.controls.values()):
            if control.kind in ("submit", "file") or control.name == "csrf_token":
                continue
            sample = [*self.valid()[control.name], ""][0]
            count += 1
            texts = TEXTS if count < 4 else MOST_TELLING  # the fields of one form are alike
            for value in nasty_values(control, sample, self.case.thorough, texts):
                written.clear()
                sent = self.valid() | {control.name: value if isinstance(value, list) else [value]}
                answer = self.send(sent)
                if answer.status_code == 303:
                    wrong = "taken, but it has to be refused" if must_refuse(control, value, sample) else ""
                    if self.case.after:
                        self.case.after()
                else:
                    wrong = self.refusal_fault(answer, control, sent) or self.trace(written)
                if wrong:
                    yield f"{self.case.endpoint} {control.name}={told(value)}: {wrong}"

    def trace(self, written: list[str]) -> str:
        """What a refused form left behind in the database, in words; empty if nothing."""
        tables = set(written) - set(self.case.may_write)
        return f"refused, yet wrote to {tables}" if tables else ""

    def refusal_fault(self, answer: Any, control: Control, sent: dict[str, list[str]]) -> str:
        """What is wrong with an answer that refuses; empty if nothing is."""
        if not 400 <= answer.status_code < 500:
            return f"status {answer.status_code}"
        if MARKUP in answer.text:
            return "markup comes back alive"
        if answer.status_code != 422:
            return ""
        page = Page(answer.text)
        try:
            shown = page.form(self.path)
        except LookupError as gone:
            return str(gone)
        near = shown.controls.get(self.case.beside.get(control.name, ""))
        if not page.message_beside(control) and not (near and page.message_beside(near)):
            return f"no message beside it; messages beside {page.beside}"
        return self.lost(shown, control, sent)

    def lost(self, shown: WebForm, bad: Control, sent: dict[str, list[str]]) -> str:
        """Which field does not come back as it was typed, in words; empty if all do."""
        for name, control in self.form.controls.items():
            if control.kind in ("password", "submit", "file") or name == "csrf_token":
                continue
            if name in self.case.may_go and name not in shown.controls:
                continue
            if name == bad.name and (control.offered or len(sent[name]) != 1 or control.kind == "hidden"):
                continue
            held = shown.controls[name].held if name in shown.controls else ["(gone)"]
            if [same(arrived(text)) for text in sent[name]] != [same(text) for text in held]:
                return f"{name} does not hold what was typed: {str(sent[name])[:60]} became {str(held)[:60]}"
        return ""


@pytest.fixture
def few_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms with three time zones: drawing six hundred is most of the work, and no zone is tried."""
    zones = [SelectChoice(name) for name in ("Europe/Zurich", "Africa/Dakar", "UTC")]
    monkeypatch.setattr("app.events.forms.zones", lambda: zones)
    monkeypatch.setitem(AuctionForm.timezone.kwargs, "choices", zones)


@pytest.mark.usefixtures("few_zones")
@pytest.mark.parametrize("area", world.CASES)
def test_bad_input_is_refused_beside_its_field(app: Flask, cast: Cast, client_for: Browserlike, area: str) -> None:
    found = world.build(cast)
    faults: list[str] = []
    with committed() as written:
        for case in world.CASES[area]:
            trial = Trial(app, case, world.client_of(case, cast, client_for), found)
            faults.extend(trial.faults(written))
            answer = trial.send(trial.valid())
            if answer.status_code != 303:
                faults.append(f"{case.endpoint}: the good form was answered by {answer.status_code}")
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults)
