"""Files under DATA_DIR/media, by random names. `public/` may be served; `private/` never is."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Literal

from flask import current_app

Area = Literal["public", "private"]
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")


def root() -> Path:
    """The folder of all stored files."""
    folder: Path = current_app.config["KERMESSE"].data_dir / "media"
    return folder


def save(area: Area, content: bytes, extension: str) -> str:
    """Store bytes durably under a new random key such as `public/3f/3f9a….webp`; returns the key.

    Raises OSError (a full disk, say), and leaves nothing behind then. The file is not part of any transaction: who
    saves it and then rolls back deletes it.
    """
    if not _EXTENSION.fullmatch(extension):
        raise ValueError(f"not an extension: {extension!r}")
    name = secrets.token_hex(16)
    key = f"{area}/{name[:2]}/{name}.{extension}"
    target = root() / key
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    try:
        with open(partial, "xb", opener=_for_us_alone) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)
    return key


def _for_us_alone(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    """Without this a power cut may forget the new name although the row that holds it was committed."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def path(key: str) -> Path:
    """The file of a key that this module made. Keys come from the database, never from an address.

    Raises ValueError for a key that points outside the store.
    """
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
