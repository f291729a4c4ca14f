"""Every address against requests that no browser sends by itself: odd addresses, queries, bodies, hosts and origins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.core.database import db
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.web import world
from tests.web.controls import Page, encoded
from tests.web.recorder import committed

MARKUP = "<script>alert(1)</script>"
ROOT = Path(__file__).parents[2]
PARTS = (
    "%00",
    "%ED%A0%80",
    "%F0%9F%8E%A8",
    "x" * 3000,
    quote(MARKUP),
    "-1",
    "NaN",
    "..%2F..%2Fetc%2Fpasswd",
    "%E2%80%AE",
)
NUMBERS = ("0", "2147483647", "2147483648", "9" * 40, "-1", "1.0", "%D9%A3")
QUERIES = (
    "-1", "999999999999999999999", "%00", "%ED%A0%80", "%25%27%3B--", "%5C", quote(MARKUP), "%D9%A3",
    "x" * 3000, "//evil.example", "http://%5B::1", "%0D%0ASet-Cookie:a=b", "1&{0}=2",
)  # fmt: skip
# What databases differ about: the other engine is tried with these.
STORED = ("999999999999999999999", "2147483648", "%ED%A0%80", "%5C")
BODIES = {
    "not text": (b"\xff\xfe=\x80&%=%zz&=&&name=%C3%28", "application/x-www-form-urlencoded; charset=utf-16"),
    "a file for a text": (
        b'--a\r\nContent-Disposition: form-data; name="name"; filename="x.txt"\r\n\r\nx\r\n--a--\r\n',
        "multipart/form-data; boundary=a",
    ),
    "2,000 fields": (encoded({f"field{number}": "x" for number in range(2000)}), "application/x-www-form-urlencoded"),
    "2,000 times one field": (encoded({"name": ["x"] * 2000}), "application/x-www-form-urlencoded"),
    "not a form": (b"name=x", "text/plain"),
    "no type": (b"name=x", ""),
    "XML": (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "application/xml"),
    "JSON": (b'{"name": ["x", {"a": 1}], "email": null, "amount": 1e400}', "application/json"),
    "broken JSON": (b'{"name"', "application/json"),
    "cut": (b'--a\r\nContent-Disposition: form-data; name="name"\r\n\r\nx', "multipart/form-data; boundary=a"),
    "without a boundary": (b"--a--", "multipart/form-data"),
    "empty": (b"", "application/x-www-form-urlencoded"),
}


@pytest.fixture
def found(cast: Cast) -> dict[str, Any]:
    """The world."""
    return world.build(cast)


def rules_of(app: Flask, method: str) -> list[Rule]:
    """All routes of a method but static files."""
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ()) and rule.endpoint != "static"]


def good_part(rule: Rule, name: str, found: dict[str, Any]) -> str:
    """A value that leads somewhere."""
    area = rule.endpoint.split(".")[0].removeprefix("manage_")
    by_area = {
        "slug": {"galleries": "gallery", "auctions": "auction", "site": "campaign"},
        "token": {"payments": "invoice", "invitations": "invited"},
    }
    other = {"slug": "event", "token": "registration"}.get(name, name)
    return str(found.get(by_area.get(name, {}).get(area, other), "1"))


def address(rule: Rule, fill: Callable[[str], str]) -> str:
    """The rule's path with its parts filled."""
    return re.sub(r"<(?:[^<>]*:)?([a-z_]+)>", lambda match: fill(match[1]), rule.rule)


def odd_addresses(rule: Rule, found: dict[str, Any]) -> Iterator[str]:
    """The rule's path with one odd part at a time."""
    for name in rule.arguments:
        number = name == "number" or name.endswith("_id")
        for odd in NUMBERS if number else PARTS:
            yield address(
                rule, lambda other, name=name, odd=odd: odd if other == name else good_part(rule, other, found)
            )


def faulty(answer: Any) -> str:
    """What is wrong with an answer to a bad request; empty if nothing is."""
    if answer.status_code >= 500:
        return f"status {answer.status_code}"
    if answer.mimetype == "text/html" and MARKUP in answer.text:
        return "markup comes back alive"
    away = answer.headers.get("Location", "/")
    return "" if away.startswith("/") and not away.startswith("//") else f"leads away to {away}"


def test_no_address_breaks(app: Flask, cast: Cast, client_for: Browserlike, found: dict[str, Any]) -> None:
    client = client_for(cast.admin)
    faults = []
    for method in ("GET", "POST"):
        for rule in rules_of(app, method):
            for path in odd_addresses(rule, found):
                if wrong := faulty(client.open(path, method=method)):
                    faults.append(f"{method} {path[:120]}: {wrong}")
    assert not faults, "\n".join(faults)


def parameters() -> set[str]:
    """The names of all query parameters that the application reads."""
    sources = [path.read_text() for path in (ROOT / "app").rglob("*.py")]
    return {name for source in sources for name in re.findall(r'request\.args\.get\("(\w+)"', source)}


def test_no_query_breaks(app: Flask, cast: Cast, client_for: Browserlike, found: dict[str, Any]) -> None:
    client, names = client_for(cast.admin), sorted(parameters())
    queries = QUERIES if db.engine.name == "sqlite" else STORED
    assert {"page", "q", "kind", "status", "next"} <= set(names)
    faults = []
    for rule in rules_of(app, "GET"):
        path = address(rule, lambda name, rule=rule: good_part(rule, name, found))
        for odd in queries:
            query = "&".join(f"{name}={odd.format(name)}" for name in names)
            if wrong := faulty(client.get(f"{path}?{query}")):
                faults.append(f"{path}?…={odd[:60]}: {wrong}")
    assert not faults, "\n".join(faults)


def posts(app: Flask, cast: Cast, client_for: Browserlike, found: dict[str, Any]) -> Iterator[tuple[str, FlaskClient]]:
    """(path, client) of every form in the table."""
    for cases in world.CASES.values():
        for case in cases:
            if case.before is None:
                yield case.address(app, found), world.client_of(case, cast, client_for)


def test_no_body_breaks(app: Flask, cast: Cast, client_for: Browserlike, found: dict[str, Any]) -> None:
    faults = []
    bodies = [*BODIES.items()][: None if db.engine.name == "sqlite" else 3]
    for path, client in posts(app, cast, client_for, found):
        for name, (body, kind) in bodies:
            if wrong := faulty(client.post(path, data=body, headers={"Content-Type": kind})):
                faults.append(f"{path} with {name}: {wrong}")
    assert not faults, "\n".join(faults)


def test_too_many_fields_are_not_read(client_for: Browserlike) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        fields = {f"field{number}": "x" for number in range(3000)}
        data: Any = fields if kind.startswith("multipart") else encoded(fields)
        assert client_for().post("/account/sign-in/", data=data, content_type=kind).status_code in (413, 422)


def test_a_form_without_its_token_changes_nothing(
    app: Flask, cast: Cast, client_for: Browserlike, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cross-site requests carry cookies at most: never the token, which is bound to the session."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    other = client_for().get("/account/sign-in/").text
    foreign = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', other)
    assert foreign
    away = {"Origin": "https://evil.example", "Referer": "https://evil.example/", "Sec-Fetch-Site": "cross-site"}
    with committed() as written:
        for path, client in posts(app, cast, client_for, found):
            for token in ({}, {"csrf_token": ""}, {"csrf_token": "x\x00"}, {"csrf_token": foreign[1]}):
                answer = client.post(path, data=token, headers=away)
                assert answer.status_code == 400, path
            assert client.post(path, json={"csrf_token": foreign[1]}).status_code == 400, path
        assert written == []


def test_a_form_with_its_token_goes_through(
    app: Flask, cast: Cast, client_for: Browserlike, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page gives every one of its forms the token; else the test before would prove nothing."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    for cases in world.CASES.values():
        for case in cases:
            if case.before is None:
                page = world.client_of(case, cast, client_for).get(case.stands_at(app, found))
                forms = [form for form in Page(page.text).forms if form.method == "post"]
                assert all(form.controls["csrf_token"].held[0] for form in forms), case.endpoint
    client = client_for()
    values = Page(client.get("/account/sign-in/").text).form("/account/sign-in/").values
    answer = client.post("/account/sign-in/", data=values | {"email": "anna@home.example"})
    assert answer.status_code == 303


def test_a_forged_host_reaches_nothing(app: Flask, cast: Cast, client_for: Browserlike, found: dict[str, Any]) -> None:
    client = client_for(cast.admin)
    with committed() as written:
        for method in ("GET", "POST"):
            for rule in rules_of(app, method):
                path = address(rule, lambda name, rule=rule: good_part(rule, name, found))
                for host in ("evil.example", "localhost.evil.example", "localhost@evil.example", "local\\host"):
                    answer = client.open(path, method=method, headers={"Host": host})
                    assert answer.status_code == 400, path
                    assert "evil" not in answer.text
        assert written == []
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "127.0.0.1", "Forwarded": "host=evil.example"}
    client.post("/account/sign-in/", data={"email": "anna@home.example"}, headers=forwarded)
    assert db.session.scalar(db.text("SELECT count(*) FROM mail WHERE text LIKE '%evil%' OR html LIKE '%evil%'")) == 0
