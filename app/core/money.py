"""Amounts are integers in minor units (centimes) beside an ISO 4217 currency. Never a float."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision

LARGEST = 100_000_000_00  # a hundred million: more is a slip of the finger, and fits any integer column

_PLAIN = re.compile(r"\d{1,12}(?:[.,]\d{1,4})?", re.ASCII)
_AMBIGUOUS = re.compile(r"\d{1,3}[.,]\d{3}", re.ASCII)
_GROUPED = re.compile(
    r"\d{1,3}(?:(?P<sep>[ '’\u00a0\u202f.,])\d{3})(?:(?P=sep)\d{3})*(?:(?!(?P=sep))[.,]\d{1,2})?", re.ASCII
)


class NotAnAmount(ValueError):
    """The text is not an amount of that currency. `reason` is one of: form, decimals, large."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def exponent(currency: str) -> int:
    """How many decimals the currency has: 2 for CHF, 0 for JPY."""
    return int(get_currency_precision(currency))


def parse_amount(text: str, currency: str) -> int:
    """Minor units from what a person typed: `35`, `35.50`, `35,50`, `1'250`, `1 250,00`. Raises NotAnAmount.

    One point or comma before exactly three digits could mean a thousand or decimals: that is refused, not guessed.
    """
    text = text.strip()
    if _AMBIGUOUS.fullmatch(text):
        raise NotAnAmount("decimals")
    if _GROUPED.fullmatch(text):
        whole, decimals = _split_grouped(text)
    elif _PLAIN.fullmatch(text):
        whole, _, decimals = text.replace(",", ".").partition(".")
    else:
        raise NotAnAmount("form")
    places = exponent(currency)
    if len(decimals) > places:
        raise NotAnAmount("decimals")
    amount = int(whole) * 10**places + int(decimals.ljust(places, "0") or 0)
    if amount > LARGEST:
        raise NotAnAmount("large")
    return amount


def _split_grouped(text: str) -> tuple[str, str]:
    tail = re.search(r"[.,](\d{1,2})$", text)
    decimals = tail.group(1) if tail else ""
    head = text[: tail.start()] if tail else text
    return re.sub(r"\D", "", head), decimals


def to_decimal(amount: int, currency: str) -> Decimal:
    """The exact decimal value of an amount in minor units."""
    with localcontext() as context:
        context.prec = 40
        return Decimal(amount).scaleb(-exponent(currency))


@lru_cache(maxsize=8192)  # a history shows the same amounts to everybody
def format_amount(amount: int, currency: str, locale: str = "en", *, cents: bool | None = None) -> str:
    """Text for a person. Whole amounts are shown without decimals unless `cents` asks for them."""
    whole = amount % 10 ** exponent(currency) == 0
    pattern = "#,##0\u00a0¤¤" if whole and not cents else None
    if pattern:
        return format_currency(to_decimal(amount, currency), currency, pattern, locale=locale, currency_digits=False)
    return format_currency(to_decimal(amount, currency), currency, "#,##0.00\u00a0¤¤", locale=locale)


def amount_input(amount: int, currency: str) -> str:
    """Text for an input field, which `parse_amount` reads back as the same amount."""
    value = to_decimal(amount, currency)
    return str(int(value)) if value == int(value) else f"{value:f}"


def milestone(amount: int, currency: str) -> int:
    """The next round amount above this one, in minor units: 1, 2 or 5 times a power of ten, from 100 of the currency on. What
    has been raised fills a line towards it."""
    step = 100 * 10 ** exponent(currency)
    while True:
        for times in (1, 2, 5):
            if amount < times * step:
                return times * step
        step *= 10
