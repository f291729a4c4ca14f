"""Files under DATA_DIR/media, by random names. `public/` may be served; `private/` never is."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Literal

from flask import current_app

Area = Literal["public", "private"]


def root() -> Path:
    """The folder of all stored files."""
    folder: Path = current_app.config["KERMESSE"].data_dir / "media"
    return folder


def save(area: Area, content: bytes, extension: str) -> str:
    """Store bytes durably under a new random key such as `public/3f/3f9a….webp`; returns the key."""
    name = secrets.token_hex(16)
    key = f"{area}/{name[:2]}/{name}.{extension}"
    target = root() / key
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(target)
    return key


def path(key: str) -> Path:
    """The file of a key that this module made. Keys come from the database, never from an address."""
    found = (root() / key).resolve()
    if not found.is_relative_to(root().resolve()):
        raise ValueError("a key outside the store")
    return found


def read(key: str) -> bytes:
    """The bytes of a key. Raises FileNotFoundError."""
    return path(key).read_bytes()


def delete(key: str) -> None:
    """Forget a file; one that is gone already is no error."""
    path(key).unlink(missing_ok=True)
