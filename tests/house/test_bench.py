"""The figures of `make bench`: all are there, and one is measured in a moment to see its shape. No timing is asserted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bench.__main__ as command
from bench import figures, load
from bench.measure import Sample, compare

NAMES = {
    "bids_hot_lot", "stream_fanout", "lot_page", "event_page", "registrations", "seats_race", "derivatives",
    "gallery_page", "webhooks",
}  # fmt: skip
KEYS = {"name", "engine", "value", "unit", "reference", "reference_value", "ratio", "p50_ms", "p99_ms", "errors"}


def test_every_figure_is_there() -> None:
    assert set(figures.FIGURES) == NAMES


def test_ratios_are_better_above_one() -> None:
    rounds = iter([Sample(30, [1.0, 2.0]), Sample(10), Sample(20, [3.0]), Sample(10), Sample(90, [4.0]), Sample(10)])
    figure = compare("x", "sqlite", "a second", "bare", lambda: next(rounds), lambda: next(rounds))
    assert (figure["value"], figure["reference_value"], figure["ratio"]) == (30, 10, 3)
    assert (figure["p50_ms"], figure["p99_ms"], figure["errors"]) == (3, 4, 0)
    quick = compare("x", "", "s", "bare", lambda: Sample(1), lambda: Sample(2), more_is_better=False, rounds=1)
    assert quick["ratio"] == 2


def test_the_command_measures_and_writes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real = load.rate
    monkeypatch.setattr(load, "rate", lambda url, requests, _s, good: real(url, requests[:2], 0.2, good, warm_s=0))
    monkeypatch.setattr(command, "ROOT", tmp_path)
    assert command.main(["event_page"]) == 0
    (figure,) = json.loads((tmp_path / "bench.json").read_text())
    assert figure.keys() >= KEYS
    assert figure["errors"] == 0
    assert figure["statements"] <= 6
    assert "event_page" in capsys.readouterr().out


def test_an_unknown_figure_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["nothing"]) == 2
    assert "no such figure: nothing" in capsys.readouterr().out
