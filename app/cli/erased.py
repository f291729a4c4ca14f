"""The list of who was erased: keyed hashes of addresses, outside the database, so that no older backup brings them back."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from flask import current_app


def _list() -> Path:
    path: Path = current_app.config["KERMESSE"].data_dir / "erased"
    return path


def digest(email: str) -> str:
    """What stands for an address."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, b"erased:" + email.encode(), hashlib.sha256).hexdigest()


def erased() -> list[str]:
    """Who was erased: lines of a keyed hash and the time."""
    return _list().read_text().splitlines() if _list().exists() else []


def known() -> dict[str, datetime]:
    """When each was erased last."""
    return {name: datetime.fromisoformat(at) for name, at in sorted(line.split() for line in erased())}


def remember(lines: Iterable[str]) -> None:
    """Add lines of another installation, or a new one, to the list; durably, before anything is erased."""
    before = set(erased())
    with _list().open("a") as file:
        file.writelines(f"{line}\n" for line in lines if line not in before)
        file.flush()
        os.fsync(file.fileno())
