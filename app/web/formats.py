"""How times, amounts and texts read for a person, in their language. Registered as template filters."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import nh3
from babel.dates import format_date, format_datetime
from flask import Flask
from flask_babel import get_locale
from flask_babel import gettext as _
from markdown_it import MarkdownIt
from markupsafe import Markup

from app.core.clock import now
from app.core.money import amount_input, format_amount

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_ALLOWED = {"p", "br", "em", "strong", "ul", "ol", "li", "a", "h2", "h3", "h4", "blockquote", "code", "hr", "table"}
_ALLOWED |= {"thead", "tbody", "tr", "th", "td"}


def locale() -> str:
    """The current language code."""
    found = get_locale()
    return found.language if found else "en"


def amount(value: int, currency: str, *, cents: bool | None = None) -> str:
    """`3500, "CHF"` reads `35 CHF`."""
    return format_amount(value, currency, locale(), cents=cents)


def day(value: datetime | date, zone: str = "UTC", *, year: bool = False) -> str:
    """`Tuesday 30 May 2006`; the present year is left out, unless `year`: what is kept or printed is read later on."""
    if isinstance(value, datetime):
        value = value.astimezone(ZoneInfo(zone)).date()
    patterns = {"en": "EEEE d MMMM", "fr": "EEEE d MMMM", "es": "EEEE d 'de' MMMM"}
    pattern = patterns.get(locale(), "EEEE d MMMM")
    if year or value.year != now().year:
        pattern += " 'de' y" if locale() == "es" else " y"
    return _date(value, pattern, locale())


def time(value: datetime, zone: str = "UTC") -> str:
    """`18:30` in the zone."""
    return _moment(value, "HH:mm", zone, locale())


def when(value: datetime, zone: str = "UTC", *, year: bool = False) -> str:
    """`Tuesday 30 May 2006, 12:30` in the zone."""
    return f"{day(value, zone, year=year)}, {time(value, zone)}"


def span(start: datetime, end: datetime | None, zone: str = "UTC", *, year: bool = False) -> str:
    """A start and an end, the day named once when they share it."""
    if end is None:
        return when(start, zone, year=year)
    here = ZoneInfo(zone)
    if start.astimezone(here).date() == end.astimezone(here).date():
        return f"{when(start, zone, year=year)} – {time(end, zone)}"
    return f"{when(start, zone, year=year)} – {when(end, zone, year=year)}"


def stamp(value: datetime, zone: str = "UTC") -> str:
    """A short time for tables: `30 May 2006 12:30`."""
    return _moment(value, "d MMM y HH:mm", zone, locale())


@lru_cache(maxsize=8192)
def _date(value: date, pattern: str, code: str) -> str:
    return str(format_date(value, pattern, locale=code))


@lru_cache(maxsize=8192)
def _moment(value: datetime, pattern: str, zone: str, code: str) -> str:
    return str(format_datetime(value.astimezone(ZoneInfo(zone)), pattern, locale=code))


def iso(value: datetime) -> str:
    """For `<time datetime>` and scripts."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def labelled(label: str, value: str) -> str:
    """`When: noon`, with the space that a language puts before the colon."""
    return _("%(label)s: %(value)s", label=label, value=value)


def zone_name(zone: str) -> str:
    """`Europe/Zurich` reads `Zurich time`."""
    return _("%(city)s time", city=zone.rsplit("/", 1)[-1].replace("_", " "))


@lru_cache(maxsize=512)
def markdown(text: str) -> Markup:
    """Sanitised HTML of a Markdown text."""
    html = nh3.clean(
        _markdown.render(text or ""),
        tags=_ALLOWED,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return Markup(html)  # noqa: S704 - cleaned just above


def install(app: Flask) -> None:
    """Register the filters."""
    filters: dict[str, Any] = {
        "amount": amount, "day": day, "time": time, "when": when, "span": span, "stamp": stamp, "iso": iso,
        "zone_name": zone_name, "markdown": markdown, "amount_input": amount_input,
        "labelled": labelled,
    }  # fmt: skip
    app.jinja_env.filters.update(filters)
