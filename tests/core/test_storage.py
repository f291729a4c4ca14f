"""The store of files: names nobody guesses, nothing half written, no way out of the folder."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core import storage


def names() -> list[Path]:
    return [found for found in storage.root().rglob("*") if found.is_file()]


def test_saved_is_read_again_and_forgotten(app: Flask) -> None:
    before = len(names())
    key = storage.save("private", b"a picture", "png")
    assert re.fullmatch(r"private/([0-9a-f]{2})/\1[0-9a-f]{30}\.png", key)
    assert storage.read(key) == b"a picture"
    assert stat.S_IMODE(storage.path(key).stat().st_mode) == 0o600
    storage.delete(key)
    storage.delete(key)
    with pytest.raises(FileNotFoundError):
        storage.read(key)
    assert len(names()) == before


def test_the_same_bytes_have_other_names(app: Flask) -> None:
    keys = {storage.save("public", b"same", "webp") for _ in range(50)}
    assert len(keys) == 50
    for key in keys:
        storage.delete(key)


@pytest.mark.parametrize("extension", ["", "PNG", "p/ng", "../x", "php.", "a" * 9, "a b", "é", "png\n"])
def test_an_extension_is_a_plain_word(app: Flask, extension: str) -> None:
    with pytest.raises(ValueError):
        storage.save("public", b"x", extension)


@pytest.mark.parametrize(
    "key", ["../secret_key", "public/../../secret_key", "/etc/passwd", "public/aa/../../../x", "a\x00b"]
)
def test_no_key_leads_out_of_the_store(app: Flask, key: str) -> None:
    for command in (storage.path, storage.read, storage.delete):
        with pytest.raises(ValueError):
            command(key)


def test_a_link_does_not_lead_out_either(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("x")
    key = storage.save("public", b"x", "webp")
    link = storage.path(key).with_name("link.webp")
    link.symlink_to(tmp_path / "outside")
    try:
        with pytest.raises(ValueError):
            storage.read(f"{key[:9]}/link.webp".replace("//", "/"))
    finally:
        link.unlink()
        storage.delete(key)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing_half_written(app: Flask, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    before = names()

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if step == "fsync" else Path, step, full)
    with pytest.raises(OSError, match="No space"):
        storage.save("public", b"x" * 1000, "webp")
    monkeypatch.undo()
    assert names() == before
