"""The table of increments as it is written and read, and that the rules can use whatever was read."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auctions import increments, rules
from app.auctions.increments import WrongLine

END = datetime(2027, 3, 8, 19, tzinfo=UTC)
STANDARD = "0: 1\n20: 2\n50: 5\n100: 10\n250: 25\n500: 50\n1000: 100"


def test_the_standard_table_reads_as_the_rules_have_it() -> None:
    assert increments.written(rules.INCREMENTS, "CHF") == STANDARD
    assert increments.read(STANDARD, "CHF", 100) == rules.INCREMENTS


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("0:1", ((0, 100),)),
        ("\r\n 0 : 5 \r\n\r\n1'000: 50.00\r\n", ((0, 500), (100000, 5000))),
        ("0: 10\n100: 10", ((0, 1000), (10000, 1000))),
    ],
)
def test_read(text: str, table: increments.Table) -> None:
    assert increments.read(text, "CHF", 100) == table


@pytest.mark.parametrize(
    ("text", "number", "reason"),
    [
        ("", 1, "form"), (" \n\n", 1, "form"), ("0", 1, "form"), ("0: 1\n20", 2, "form"), ("0: 1: 2", 1, "form"),
        ("0: -1", 1, "form"), ("0: 1\n\nx: 2", 3, "form"), ("0: 0.005", 1, "form"), ("0: ١", 1, "form"),
        ("0: 0.50", 1, "units"), ("0: 1\n20.50: 2", 2, "units"),
        ("1: 1", 1, "first"), ("20: 2\n0: 1", 1, "first"),
        ("0: 1\n0: 2", 2, "order"), ("0: 1\n50: 5\n20: 6", 3, "order"),
        ("0: 0", 1, "falling"), ("0: 5\n20: 2", 2, "falling"),
        ("\n".join(f"{low}: 1" for low in range(21)), 21, "many"),
    ],
)  # fmt: skip
def test_what_no_rule_could_use(text: str, number: int, reason: str) -> None:
    with pytest.raises(WrongLine) as refused:
        increments.read(text, "CHF", 100)
    assert (refused.value.number, refused.value.reason) == (number, reason)


tables = st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**4)), max_size=increments.MOST - 1)


@given(st.integers(1, 10**4), tables)
def test_what_was_written_is_read_and_serves_the_rules(first: int, more: list[tuple[int, int]]) -> None:
    table, low, step = [(0, first * 100)], 0, first
    for up, wider in more:
        low, step = low + up, step + wider
        table.append((low * 100, step * 100))
    read = increments.read(increments.written(table, "CHF"), "CHF", 100)
    assert read == tuple(table)
    rules.LotTerms(start=100, unit=100, increments=read, scheduled_end=END)


@given(st.text(alphabet="0123456789:.,'\n x-", max_size=60))
def test_whatever_is_typed_is_a_table_for_the_rules_or_a_wrong_line(text: str) -> None:
    with suppress(WrongLine):
        rules.LotTerms(start=100, unit=100, increments=increments.read(text, "CHF", 100), scheduled_end=END)
