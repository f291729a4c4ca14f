"""`python -m bench [--engine sqlite|postgresql] [NAME …]`: measure, print a table, write bench.json."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from typing import Any

from app.config import ROOT
from bench.figures import BOTH, FIGURES


def main(arguments: list[str]) -> int:
    """Returns 1 when a figure could not be measured. With an engine, only the figures that are measured on it."""
    parser = argparse.ArgumentParser(prog="bench", description=f"Figures: {', '.join(FIGURES)}.")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--engine", choices=BOTH)
    asked = parser.parse_args(arguments)
    names: list[str] = asked.names
    if unknown := set(names) - FIGURES.keys():
        print(f"no such figure: {', '.join(sorted(unknown))}. There are: {', '.join(FIGURES)}")
        return 2
    if os.environ.get("SCALE", "small") not in ("small", "large"):
        print("SCALE is small or large")
        return 2
    found: list[dict[str, Any]] = []
    lost: list[str] = []
    for name in names or FIGURES:
        measure, engines = FIGURES[name]
        for engine in engines:
            if asked.engine and engine and engine != asked.engine:
                continue
            try:
                figure = measure(engine)
            except Exception as fault:
                traceback.print_exc()
                lost.append(f"{name} {engine}: {fault!r}")
                continue
            found.append(figure)
            print(line(figure), flush=True)
    (ROOT / "bench.json").write_text(json.dumps(found, indent=1) + "\n")
    for name in lost:
        print(f"not measured: {name}")
    return 1 if lost else 0


def line(figure: dict[str, Any]) -> str:
    """A row of the table."""
    return (
        f"{figure['name']:14} {figure['engine']:11} {figure['value']:>9} {figure['unit']:22} "
        f"reference {figure['reference_value']:>8}  ratio {figure['ratio']!s:>6}  "
        f"p50 {figure['p50_ms']!s:>6} ms  p99 {figure['p99_ms']!s:>6} ms  errors {figure['errors']}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
