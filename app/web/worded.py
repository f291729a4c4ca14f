"""Pages that tell every stranger the same: worded once for what they show, handed out with tokens of each visitor's own.

The database is read for every request; what is spared is to word the very same facts again. So whatever the template shows
must be among the facts: rows go in whole. What is not among them after all, such as a word that an erasure took out of a log,
is gone after a minute. Only who has no account and brings nothing with them gets such a page, by its plain address: what is
asked for besides is of the sender's making, stands in the page (the way to another language), and would push others out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cache
from secrets import token_hex
from threading import Lock
from typing import Any

from flask import g, request, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import Table

from app.core.clock import now
from app.core.ids import token
from app.web.formats import locale
from app.web.headers import csp_nonce

# Nobody can write what stands in for a token into a text of theirs, and so have each reader's own put there.
NONCE, CSRF, OPERATION = (
    f"place-of-{what}-{token_hex(12)}" for what in ("the-nonce", "the-csrf-token", "an-operation")
)
MOST = 256  # pages of some 40 kB
KEPT_S = 60
_kept: OrderedDict[Hashable, str] = OrderedDict()
_lock = Lock()


def facts_of(*rows: Any) -> Hashable:
    """Every column of these rows, None among them."""
    return tuple(row and tuple(getattr(row, name) for name in _columns(row.__table__)) for row in rows)


@cache
def _columns(table: Table) -> tuple[str, ...]:
    return tuple(table.columns.keys())


def minute() -> int:
    """Which minute it is: what is kept under it is kept no longer."""
    return int(now().timestamp()) // KEPT_S


def worded(render: Callable[[], str], *facts: Hashable) -> str:
    """The page that `render` makes of these facts, from memory when it was made of the same before."""
    if request.query_string or any(session.get(key) for key in ("_user_id", "_flashes", "typed")):
        return render()
    tokens = {"csp_nonce": csp_nonce(), "csrf_token": generate_csrf()}
    key = (request.path, locale(), now().year, minute(), facts)
    with _lock:
        page = _kept.get(key)
        if page is not None:
            _kept.move_to_end(key)
    if page is None:
        page = _with_places(render, tokens)
        with _lock:
            _kept[key] = page
            while len(_kept) > MOST:
                _kept.popitem(last=False)
    first, *rest = page.split(OPERATION)  # each form an operation of its own
    page = first + "".join(token() + part for part in rest)
    return page.replace(NONCE, tokens["csp_nonce"]).replace(CSRF, tokens["csrf_token"])


def _with_places(render: Callable[[], str], tokens: dict[str, str]) -> str:
    g.csp_nonce, g.csrf_token, g.operation = NONCE, CSRF, OPERATION
    try:
        return render()
    finally:
        g.csp_nonce, g.csrf_token = tokens["csp_nonce"], tokens["csrf_token"]
        del g.operation
