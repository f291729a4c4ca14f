"""Forty pictures for the demonstration, drawn by a program: seeded, and the same on every machine.

`WORKS` lists them; `svg(work)` is the drawing; `render(work)` is the PNG that goes through the ordinary upload.
"""

from __future__ import annotations

import typst

from .catalogue import WORKS, Theme, Work

__all__ = ["WORKS", "Theme", "Work", "render", "svg"]

_PAGE = """#set page(width: {w}pt, height: {h}pt, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%, height: 100%, alt: "")
"""


def svg(work: Work) -> str:
    """The drawing as SVG text."""
    return work.scene(work.key).svg()


def render(work: Work) -> bytes:
    """The picture as PNG, about 1600 pixels on its long side. Safe to call from several threads at once."""
    sheet = work.scene(work.key)
    page = _PAGE.format(w=sheet.w, h=sheet.h).encode()
    png = typst.compile(page, format="png", ppi=72.0, sys_inputs={"svg": sheet.svg()})
    if not isinstance(png, bytes):
        raise TypeError("a picture of one page was expected")
    return png
