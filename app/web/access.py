"""Access marks. Every route carries exactly one; an application with an unmarked route refuses to start.

A mark says who may call the route at all. Which rows they then see is decided by the access functions in `queries.py`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, request
from flask_login import current_user

View = TypeVar("View", bound=Callable[..., Any])
ROLES = ("admin", "organiser", "curator", "treasurer", "helper", "member")
MANAGING = ("admin", "organiser", "curator", "treasurer", "helper")


@dataclass(frozen=True)
class Mark:
    """`kind`: public, signed_in, roles, bearer (whoever holds the token in the address), signed (by a machine)
    or development (this computer only)."""

    kind: str
    roles: frozenset[str] = frozenset()


class UnmarkedRoute(Exception):
    """A route was registered without an access mark."""


def _marker(mark: Mark) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        view.access_mark = mark  # type: ignore[attr-defined]
        return view

    return decorate


public = _marker(Mark("public"))
signed_in = _marker(Mark("signed_in"))
bearer = _marker(Mark("bearer"))
signed = _marker(Mark("signed"))
development = _marker(Mark("development"))


def roles(*names: str) -> Callable[[View], View]:
    """Only people with one of these roles. An admin may do everything."""
    unknown = set(names) - set(ROLES)
    if unknown:
        raise ValueError(f"unknown roles: {unknown}")
    return _marker(Mark("roles", frozenset({*names, "admin"})))


def mark_of(app: Flask, endpoint: str) -> Mark | None:
    """The mark of a route's view, or None."""
    return getattr(app.view_functions[endpoint], "access_mark", None)


def require_marks(app: Flask) -> None:
    """Raise UnmarkedRoute when a route has no mark. Called once, when the application is complete."""
    missing = sorted({rule.endpoint for rule in app.url_map.iter_rules() if mark_of(app, rule.endpoint) is None})
    if missing:
        raise UnmarkedRoute(f"routes without an access mark: {', '.join(missing)}")


def has_role(*names: str) -> bool:
    """Whether the current user holds one of these roles, or is admin."""
    if not current_user.is_authenticated:
        return False
    return bool({role.name for role in current_user.roles} & {*names, "admin"})


def can_manage() -> bool:
    """Whether the current user has anything to do in the managing pages."""
    return has_role(*MANAGING)


def enforce() -> Any:
    """Before each request: refuse who may not call the route."""
    if request.endpoint is None:
        return None  # no such page: the router answers
    mark = mark_of(current_app, request.endpoint)
    assert mark is not None  # require_marks() has seen to it
    if mark.kind == "development" and current_app.config["KERMESSE"].production:
        abort(404)
    if mark.kind in ("signed_in", "roles") and not current_user.is_authenticated:
        return _ask_to_sign_in()
    if mark.kind == "roles" and not has_role(*mark.roles):
        abort(403)
    return None


def _ask_to_sign_in() -> Response:
    ask: Callable[[str], Response] = current_app.extensions["kermesse_sign_in"]
    return ask(request.full_path.rstrip("?") if request.method == "GET" else (request.referrer or "/"))


def from_this_computer() -> bool:
    """Whether who asks sits here. A proxy on this computer that nobody told us of (TRUSTED_PROXIES) makes everybody look so:
    what came through one is taken for a stranger's."""
    told = current_app.config["KERMESSE"]["TRUSTED_PROXIES"] > 0
    proxied = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded"))
    try:
        here = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    return here and (told or not proxied)
