"""PDF files: of the standard for screen readers, whatever a name holds, and with nothing of it run."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core import pdf as module
from app.core.pdf import pdf


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of templates with the house's own and a small page."""
    (tmp_path / "house.typ").write_text((module.FOLDER / "house.typ").read_text())
    page = '#import "house.typ": *\n#show: sheet\n= #display(data.title)\n#data.name\n#if images.len() > 0 [#image-of(0, alt: data.alt)]'
    (tmp_path / "page.typ").write_text(page)
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    return tmp_path


def made(name: str, **more: object) -> bytes:
    images = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><path d="M0 0h4v4z"/></svg>',) if more else ()
    return pdf("page.typ", {"lang": "en", "title": "A page", "name": name, **more}, images=images)


def test_it_is_tagged_and_named(folder: Path) -> None:
    content = made("Zoë")
    assert content.startswith(b"%PDF-")
    assert b"pdfuaid:part" in content and b"A page" in content


def test_what_somebody_typed_is_text_and_runs_nothing(folder: Path) -> None:
    assert made('#panic("x") $x$ #include "house.typ" \\ *a* </svg>').startswith(b"%PDF-")


def test_a_name_in_a_script_without_a_face_still_gets_a_document(folder: Path) -> None:
    content = made("李")
    assert content.startswith(b"%PDF-") and b"pdfuaid:part" not in content


def test_pictures_need_their_alternative_text(folder: Path) -> None:
    assert made("Zoë", alt="A triangle").startswith(b"%PDF-")
    (folder / "page.typ").write_text('#import "house.typ": *\n#show: sheet\n#image(bytes(images.at(0)), format: "svg")')
    with pytest.raises(Exception, match="alt"):
        made("Zoë", alt="A triangle")


def test_nothing_outside_the_folder_of_templates_is_read(folder: Path) -> None:
    (folder / "page.typ").write_text('#read("/../../../../etc/hostname")')
    with pytest.raises(Exception, match="escape"):
        made("Zoë")
