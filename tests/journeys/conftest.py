"""Fixtures of the journeys. Without a browser they are named as not run; in CI that is a failure."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.browser import Visitor, chromium, chromium_path
from tests.serving import Server, served


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium_path() is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Chromium: the journeys are not optional there")
        pytest.skip("not run: the browser journeys need Chromium (apt install chromium, or set CHROMIUM)")
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a small demonstration, on SQLite, shared by the journeys that only look."""
    from app.cli import demo

    with served("sqlite", tmp_path_factory.mktemp("demo"), start=False) as server:
        demo.seed(lambda _text: None, works=12)
        server.start()
        yield server


@pytest.fixture
def visitor(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visitor]]:
    """`visitor(server, size=…)` is somebody with a browser of their own; any fault seen on a page fails the test."""
    made: list[Visitor] = []

    def make(server: Server, **options: object) -> Visitor:
        made.append(Visitor(browser, server.url, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for somebody in made:
        somebody.close()
    assert [fault for somebody in made for fault in somebody.faults] == []


@pytest.fixture
def browser_only(browser: Browser) -> Callable[..., Visitor]:
    """`browser_only(server)` is a visitor whom the test closes itself, before its own server stops."""
    return lambda server, **options: Visitor(browser, server.url, **options)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own. Ask for it before `visitor`: pages must close before the server that they poll stops."""
    with served("sqlite", tmp_path) as made:
        yield made
