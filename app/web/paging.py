"""Pages of a long list, cut by the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import Select, func, select

from app.core.database import db

PER_PAGE = 50


@dataclass(frozen=True)
class Page:
    """One page of rows. `number` counts from 1."""

    items: list[Any]
    number: int
    pages: int
    total: int

    @property
    def has_prev(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.number < self.pages


def paged(query: Select[Any], per_page: int = PER_PAGE) -> Page:
    """The page asked for by `?page=`; anything unreadable is page 1, anything beyond is the last."""
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // per_page))
    asked = request.args.get("page", "1")
    number = min(max(1, int(asked)), pages) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    items = list(db.session.scalars(query.limit(per_page).offset((number - 1) * per_page)))
    return Page(items, number, pages, total)
