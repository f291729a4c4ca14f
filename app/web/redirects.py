"""The one helper that decides where a redirect may lead: a path on this site, and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request


def safe_path(target: str | None, default: str = "/") -> str:
    """The path of `target` when it stays on this site, else `default`. Refuses `//host`, `javascript:`, backslashes."""
    if not target or any(ord(character) < 33 or character == "\\" for character in target):
        return default
    try:
        parts = urlsplit(target)
    except ValueError:  # brackets that hold no address
        return default
    if parts.netloc and parts.netloc != request.host:
        return default
    if parts.scheme not in ("", "http", "https") or not parts.path.startswith("/") or parts.path.startswith("//"):
        return default
    return parts.path + (f"?{parts.query}" if parts.query else "")
