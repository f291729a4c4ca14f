"""The table of increments as an organiser writes it: a line a step, `20: 2` for "from 20 on, by 2"."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.money import NotAnAmount, amount_input, parse_amount

MOST = 20  # lines; more is no table that anybody could follow

Table = tuple[tuple[int, int], ...]


class WrongLine(ValueError):
    """`number` is the line from 1; `reason` is one of: form, units, first, order, falling, many."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(number, reason)
        self.number, self.reason = number, reason


def written(table: Sequence[Sequence[int]], currency: str) -> str:
    """The table as lines, amounts in the currency."""
    return "\n".join(f"{amount_input(low, currency)}: {amount_input(step, currency)}" for low, step in table)


def read(text: str, currency: str, unit: int) -> Table:
    """The table in minor units. Raises WrongLine for what the rules could not use (`rules.LotTerms`)."""
    table: list[tuple[int, int]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        low, step = _line(line, currency, number)
        if low % unit or step % unit:
            raise WrongLine(number, "units")
        if not table and low:
            raise WrongLine(number, "first")
        if table and low <= table[-1][0]:
            raise WrongLine(number, "order")
        if step <= 0 or (table and step < table[-1][1]):
            raise WrongLine(number, "falling")
        table.append((low, step))
        if len(table) > MOST:
            raise WrongLine(number, "many")
    if not table:
        raise WrongLine(1, "form")
    return tuple(table)


def _line(line: str, currency: str, number: int) -> tuple[int, int]:
    low, colon, step = line.partition(":")
    try:
        if not colon:
            raise NotAnAmount("form")
        return parse_amount(low, currency), parse_amount(step, currency)
    except NotAnAmount as fault:
        raise WrongLine(number, "form") from fault
