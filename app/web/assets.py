"""Addresses of static files that change with their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).resolve().parents[2] / "static"


@lru_cache(maxsize=256)
def asset(name: str) -> str:
    """`css/base.css` becomes `/static/css/base.css?v=1a2b3c4d`."""
    path = STATIC / name
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else "0"
    return f"/static/{name}?v={version}"


def drop_stale_twins() -> None:
    """Forget compressed twins that are older than their source: set-up made them, and somebody has edited since."""
    for twin in (*STATIC.rglob("*.br"), *STATIC.rglob("*.gz")):
        source = twin.with_suffix("")
        if not source.exists() or source.stat().st_mtime > twin.stat().st_mtime:
            twin.unlink(missing_ok=True)
