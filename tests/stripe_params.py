"""Parameters as Stripe reads them, checked against the types that the `stripe` package itself declares; its shape of errors."""

from __future__ import annotations

import importlib
import re
from typing import Any, ForwardRef, get_args, is_typeddict
from urllib.parse import parse_qsl

Params = dict[str, Any]


class Refusal(Exception):
    """An answer in Stripe's shape of error."""

    def __init__(
        self, status: int, message: str, kind: str = "invalid_request_error", param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.body = status, {"error": {"type": kind, "message": message, "param": param}}


def decode(text: str) -> Params:
    """A form as Stripe reads it: `a[0][b]=1` is {"a": {"0": {"b": "1"}}}."""
    found: Params = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        first, *rest = re.findall(r"[^\[\]]+", name)
        place = found
        for key, following in zip([first, *rest], [*rest, None], strict=True):
            if following is None:
                place[key] = value
            else:
                place = place.setdefault(key, {})
    return found


def check(params: Params, declared: Any, path: str = "") -> None:
    """Refuse what the SDK's own types do not know."""
    notes: dict[str, Any] = {}
    for owner in reversed(declared.__mro__ if hasattr(declared, "__mro__") else (declared,)):
        notes |= getattr(owner, "__annotations__", {})
    notes |= declared.__annotations__
    for name, value in params.items():
        here = f"{path}[{name}]" if path else name
        if name not in notes:
            raise Refusal(400, f"Received unknown parameter: {here}", param=here)
        inner = _inner(notes[name], declared)
        for part in value.values() if inner and _listed(notes[name]) and isinstance(value, dict) else [value]:
            if inner and isinstance(part, dict):
                check(part, inner, here)
            elif inner and _listed(notes[name]):
                raise Refusal(400, f"Invalid object: {here}", param=here)


def _written(note: Any) -> str:
    return note.__forward_arg__ if isinstance(note, ForwardRef) else str(note)


def _listed(note: Any) -> bool:
    return "List[" in _written(note)


def _inner(note: Any, declared: Any) -> Any:
    """The TypedDict that an annotation names, if any; free-form mappings (metadata) name none."""
    module = importlib.import_module(declared.__module__)
    for name in re.findall(r"[A-Z]\w+", _written(note)):
        if is_typeddict(found := getattr(module, name, None)):
            return found
    for part in get_args(note):
        if is_typeddict(part):
            return part
    return None
