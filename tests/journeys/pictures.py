"""`make pictures`: fill a demonstration in a folder of its own and photograph the main pages at both widths."""

from __future__ import annotations

import tempfile
from pathlib import Path

from app.cli import demo
from app.config import ROOT
from tests.journeys.browser import LAPTOP, PHONE, Visitor, chromium
from tests.journeys.pages import MANAGING, PICTURED, PUBLIC
from tests.journeys.test_pages import address
from tests.serving import served

FOLDER = ROOT / "docs" / "pictures"


def main() -> None:
    """Write the pictures and the page that shows them."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, served("sqlite", Path(folder), start=False) as server:
        demo.seed(print)
        server.start(worker=False)
        with chromium() as browser:
            for width, size in (("390", PHONE), ("1280", LAPTOP)):
                somebody = Visitor(browser, server.url, size=size)
                somebody.go("/dev/")
                for name in PICTURED:
                    if name in MANAGING and "/manage" not in somebody.page.url:
                        somebody.go("/dev/")
                        somebody.page.click("form[action$='/dev/enter/organiser'] button")
                    somebody.page.goto(
                        address((PUBLIC | MANAGING)[name]),
                        wait_until="networkidle" if name != "lot" and name != "auction" else "load",
                    )
                    somebody.page.wait_for_timeout(400)
                    somebody.page.screenshot(path=str(FOLDER / f"{name}-{width}.jpg"), type="jpeg", quality=78)
                somebody.close()
    rows = "\n\n".join(
        f"## {name}\n\n![{name}, 1280 pixels wide](pictures/{name}-1280.jpg)\n\n![{name}, 390 pixels wide](pictures/{name}-390.jpg)"
        for name in PICTURED
    )
    (ROOT / "docs" / "pictures.md").write_text(f"# Pictures\n\nMade by `make pictures`.\n\n{rows}\n")


if __name__ == "__main__":
    main()
