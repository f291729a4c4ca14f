"""A real Chromium for the journeys: two widths, scripts on and off, axe, and a watch on what a page loads."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1280, "height": 900}
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


def chromium_path() -> str | None:
    """The browser of this machine: CHROMIUM if set, else the first that is on PATH."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """Somebody with a browser of their own. Notes every fault that a page shows: script errors, failed or foreign loads."""

    def __init__(self, browser: Browser, base_url: str, *, size: dict[str, int] = PHONE, **options: object) -> None:
        self.base_url = base_url
        self.context: BrowserContext = browser.new_context(viewport=size, base_url=base_url, **options)  # type: ignore[arg-type]
        self.context.set_default_timeout(15_000)
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.elsewhere: set[str] = set()  # hosts that this journey means to visit
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("console", lambda entry: self.faults.append(entry.text) if entry.type == "error" else None)
        self.page.on("response", self._seen)

    def _seen(self, response: Response) -> None:
        if urlsplit(response.url).netloc not in {urlsplit(self.base_url).netloc, "", *self.elsewhere}:
            self.faults.append(f"foreign: {response.url}")
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")

    def go(self, path: str) -> Page:
        """Open a page."""
        self.page.goto(path)
        return self.page

    def axe(self) -> list[str]:
        """What axe finds on the open page: rule and first element of each violation."""
        found = Axe().run(
            self.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        return [f"{item['id']}: {item['nodes'][0]['html'][:160]}" for item in found.response["violations"]]

    def overflows(self) -> bool:
        """Whether the page scrolls sideways."""
        return bool(
            self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")
        )

    def close(self) -> None:
        self.context.close()
