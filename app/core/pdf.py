"""PDF files from Typst templates: tagged for screen readers (PDF/UA-1), with our own fonts and nothing from outside.

A template stands in `templates/pdf/`, begins with `#import "house.typ": *` and reads its facts from `data`. The words
come with the data, already in the reader's language; `data` names that language as `lang` and the document's `title`.
Whatever a person typed reaches the template as text of its data, never as Typst source, so it can call nothing.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
import typst

from app.config import ROOT
from app.core.clock import now

FOLDER = ROOT / "templates" / "pdf"
log = structlog.get_logger()
FONTS = ("fontpkg_atkinson_hyperlegible", "fontpkg_fraunces")


def pdf(template: str, data: Mapping[str, Any], *, images: Sequence[str] = ()) -> bytes:
    """The PDF that `templates/pdf/<template>` makes of `data`, which JSON must be able to hold.

    `data` needs `lang` (a language code) and `title`. `images` are SVG texts, in the template `image-of(0, alt: ...)`;
    each needs its alternative text. Raises typst.TypstError for a template at fault.
    """
    try:
        return _made(template, data, images)
    except typst.TypstError as fault:
        if "could not be displayed with font" not in str(fault):
            raise
        # A name in a script that our fonts lack: better with empty boxes than no document.
        log.warning("pdf with characters that the fonts lack", template=template)
        return _made(template, data, images, accessible=False)


def picture(template: str, data: Mapping[str, Any], *, images: Sequence[str] = (), ppi: float = 216) -> bytes:
    """The first page of the same as a PNG, at so many dots an inch: for a phone's wallet or a chat."""
    made = typst.compile(
        str(FOLDER / template),
        root=str(FOLDER),
        format="png",
        ppi=ppi,
        font_paths=_folders(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(dict(data)), "images": json.dumps(list(images))},
    )
    first = made[0] if isinstance(made, list) else made
    assert isinstance(first, bytes)
    return first


def _made(template: str, data: Mapping[str, Any], images: Sequence[str], *, accessible: bool = True) -> bytes:
    made = typst.compile(
        str(FOLDER / template),
        root=str(FOLDER),
        format="pdf",
        font_paths=_folders(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(dict(data)), "images": json.dumps(list(images))},
        timestamp=int(now().timestamp()),
        pdf_standards="ua-1" if accessible else None,
    )
    assert isinstance(made, bytes)  # other formats may be several files
    return made


@lru_cache(maxsize=1)
def _folders() -> list[str]:
    found = []
    for package in FONTS:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise FileNotFoundError(f"the package {package.replace('_', '-')} is not installed")
        found.append(str(Path(spec.origin).parent / "files"))
    return found
