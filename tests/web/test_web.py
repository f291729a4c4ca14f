"""The web kit: redirects, headers, errors, access marks, amounts and times."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import brotli
import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import travel
from app.core.money import LARGEST, NotAnAmount, amount_input, format_amount, milestone, parse_amount
from app.web import access, errors
from app.web.redirects import safe_path
from app.web.sheets import neutral
from tests.auctions.helpers import make_auction
from tests.cast import Cast
from tests.conftest import Browserlike


def test_an_unmarked_route_stops_the_start(app: Flask) -> None:
    other = Flask("other")
    other.add_url_rule("/x", "x", lambda: "x")
    with pytest.raises(access.UnmarkedRoute, match="x"):
        access.require_marks(other)


def test_every_page_has_a_policy_with_a_nonce_and_no_unsafe_inline(client_for: Browserlike) -> None:
    first, second = (client_for().get("/account/sign-in/").headers["Content-Security-Policy"] for _ in range(2))
    assert "unsafe-inline" not in first
    assert "nonce-" in first
    assert first != second


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/events/", "/events/"),
        ("/events/?q=a", "/events/?q=a"),
        ("http://localhost/x", "/x"),
        ("//evil.example", "/"),
        ("https://evil.example/x", "/"),
        ("javascript:alert(1)", "/"),
        ("/\\evil.example", "/"),
        ("http://[::1", "/"),
        ("\t//evil.example", "/"),
        ("events/", "/"),
        (None, "/"),
        ("", "/"),
    ],
)
def test_redirects_stay_here(app: Flask, target: str | None, expected: str) -> None:
    with app.test_request_context("/"):
        assert safe_path(target) == expected


def test_a_forged_host_is_refused(client_for: Browserlike) -> None:
    assert client_for().get("/account/sign-in/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("address", ["/nothing/", "/events/%00/", "/account/sign-in/?next=%00", "/events/?q=%00"])
def test_a_wrong_address_gets_a_page_not_a_fault(client_for: Browserlike, address: str) -> None:
    answer = client_for().get(address)
    assert answer.status_code in (400, 404)
    assert "<h1" in answer.text


def test_odd_requests_get_a_clear_answer(client_for: Browserlike) -> None:
    client = client_for()
    assert client.post("/account/sign-in/", data="x", content_type="text/plain").status_code == 415
    assert client.put("/account/sign-in/").status_code == 405
    many = {f"field{number}": "x" for number in range(3000)}
    assert client.post("/account/sign-in/", data=many, content_type="multipart/form-data").status_code == 413
    assert client.post("/account/sign-in/", data={"email": ["a@b.example", "c@d.example"]}).status_code == 303


def test_a_private_page_is_not_stored(cast: object, client_for: Browserlike) -> None:
    assert client_for(cast.parent).get("/account/").headers["Cache-Control"] == "no-store"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "amount"),
    [("35", 3500), ("35.5", 3550), ("35,50", 3550), ("1'250", 125000), ("1 250,00", 125000), ("1.250,75", 125075)],
)
def test_amounts_are_read_as_people_write_them(text: str, amount: int) -> None:
    assert parse_amount(text, "CHF") == amount


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "NaN", "1e3", "٣٥", "1.2.3", "35.999", "1,250", "1,234,5", "9" * 13, "0x10", "1_000", " "]
)
def test_what_is_not_an_amount_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_amount(text, "CHF")


@given(st.integers(0, LARGEST), st.sampled_from(["CHF", "EUR", "JPY"]))
def test_an_amount_survives_its_input_field(amount: int, currency: str) -> None:
    assert parse_amount(amount_input(amount, currency), currency) == amount


def test_amounts_read_right_in_each_language() -> None:
    assert format_amount(3500, "CHF", "en") == "35\xa0CHF"
    assert format_amount(3550, "CHF", "fr") == "35,50\xa0CHF"
    assert format_amount(123456700, "CHF", "en") == "1,234,567\xa0CHF"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("-a", "'-a"),
        ("+41 22 717 91 11", "+41 22 717 91 11"),
        ("-35", "-35"),
        (None, ""),
    ],
)
def test_sheets_neutralise_formulas_but_not_phone_numbers(cell: object, expected: str) -> None:
    assert neutral(cell) == expected


def test_times_are_said_like_a_person(app: Flask) -> None:
    from app.web import formats

    moment = datetime(2006, 5, 30, 10, 30, tzinfo=UTC)
    with app.test_request_context("/"):
        assert (
            formats.span(moment, moment.replace(hour=12, minute=0), "Europe/Zurich")
            == "Tuesday 30 May 2006, 12:30 – 14:00"
        )
    with force_locale("es"):
        assert formats.day(moment, "Europe/Zurich") == "martes 30 de mayo de 2006"


def test_the_present_year_is_named_on_what_is_kept(app: Flask) -> None:
    from app.web import formats

    moment = datetime(2006, 5, 30, 10, 30, tzinfo=UTC)
    with travel(moment), app.test_request_context("/"):
        assert formats.when(moment, "Europe/Zurich") == "Tuesday 30 May, 12:30"
        assert formats.when(moment, "Europe/Zurich", year=True) == "Tuesday 30 May 2006, 12:30"
        assert formats.span(moment, moment.replace(hour=12), "UTC", year=True) == "Tuesday 30 May 2006, 10:30 – 12:30"
        assert formats.day(moment, year=True) == "Tuesday 30 May 2006"


@pytest.mark.parametrize(
    ("accepted", "way", "opened"),
    [
        ("br, gzip", "br", brotli.decompress),
        ("gzip, deflate", "gzip", gzip.decompress),
        ("identity", None, bytes),
        ("br;q=0", None, bytes),
        ("*;q=0, nonsense", None, bytes),
    ],
)
def test_pages_travel_compressed(
    app: Flask, client_for: Browserlike, accepted: str, way: str | None, opened: Callable[[bytes], bytes]
) -> None:
    answer = client_for().get("/", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == way
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    page = opened(answer.data)
    assert b"</html>" in page
    if way:
        assert len(answer.data) < len(page) / 2


def test_what_is_small_or_unchanged_is_not_compressed(app: Flask, client_for: Browserlike) -> None:
    wish = {"Accept-Encoding": "br"}
    client = client_for()
    assert "Content-Encoding" not in client.get("/livez", headers=wish).headers
    auction = make_auction(3)
    first = client.get(f"/auctions/{auction.slug}/live.json", headers=wish)
    assert first.headers["Content-Encoding"] == "br"
    again = client.get(f"/auctions/{auction.slug}/live.json", headers=wish | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("amount", "currency", "goal"),
    [
        (0, "CHF", 100_00), (99_99, "CHF", 100_00), (100_00, "CHF", 200_00), (450_00, "CHF", 500_00), (500_00, "CHF", 1_000_00),
        (12_345_00, "CHF", 20_000_00), (0, "JPY", 100), (150, "JPY", 200),
    ],
)  # fmt: skip
def test_what_is_raised_fills_a_line_towards_a_round_amount(amount: int, currency: str, goal: int) -> None:
    assert milestone(amount, currency) == goal


FOREIGN = {"Sec-Fetch-Site": "cross-site"}


@pytest.mark.parametrize(
    ("named", "compressed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Referer": "http://localhost/events/"}, True),
        (FOREIGN, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        (FOREIGN | {"Referer": "http://localhost/events/"}, False),
        ({"Referer": "https://evil.example/http://localhost/"}, False),
        ({"Referer": "http://[::1"}, False),
        ({}, False),
    ],
)
def test_what_is_somebodys_is_compressed_only_for_themself(
    app: Flask, cast: Cast, client_for: Browserlike, named: dict[str, str], compressed: bool
) -> None:
    """A foreign site that has a page asked for again and again must not learn from its length what is in it."""
    make_auction(3)
    for path in ("/account/", "/auctions/"):
        answer = client_for(cast.parent).get(path, headers={"Accept-Encoding": "br", **named})
        assert (answer.headers.get("Content-Encoding") == "br") is compressed, path
    assert client_for().get("/", headers={"Accept-Encoding": "br", **named}).headers["Content-Encoding"] == "br"
    visited = client_for()
    visited.get("/language/fr?next=/")
    answer = visited.get("/", headers={"Accept-Encoding": "br", **named})
    assert (answer.headers.get("Content-Encoding") == "br") is compressed


def test_a_forged_host_is_refused_whatever_it_would_like_compressed(client_for: Browserlike) -> None:
    headers = {"Host": "evil.example", "Accept-Encoding": "br", "Referer": "http://evil.example/"}
    assert client_for().get("/account/sign-in/", headers=headers).status_code == 400


def test_what_broke_is_logged_without_the_token_of_its_address(
    app: Flask, client_for: Browserlike, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[dict[str, object]] = []
    monkeypatch.setattr(errors, "log", SimpleNamespace(exception=lambda event, **more: said.append(more)))

    def broken(token: str) -> str:
        raise ZeroDivisionError

    monkeypatch.setitem(app.view_functions, "payments.invoice", access.bearer(broken))
    assert client_for().get("/invoices/a-secret-token/").status_code == 500
    assert said == [{"route": "/invoices/<token>/", "method": "GET"}]
