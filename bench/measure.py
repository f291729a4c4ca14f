"""A figure is a median of rounds in which ours and the reference take turns, so that both meet the same machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

ROUNDS = 3


@dataclass
class Sample:
    """One round: `value` in the figure's unit, the latencies of its requests in milliseconds, and what went wrong."""

    value: float
    latencies_ms: list[float] = field(default_factory=list)
    errors: int = 0
    refused: int = 0  # orderly refusals, which count as answers


def percentile(values: list[float], share: float) -> float | None:
    """The value below which that share lies; None of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


def compare(
    name: str,
    engine: str,
    unit: str,
    reference: str,
    ours: Callable[[], Sample],
    theirs: Callable[[], Sample],
    *,
    more_is_better: bool = True,
    rounds: int = ROUNDS,
    **extra: Any,
) -> dict[str, Any]:
    """The figure as bench.json holds it. `ratio` above 1 is better than the reference."""
    our_rounds, their_rounds = [], []
    for _ in range(rounds):
        our_rounds.append(ours())
        their_rounds.append(theirs())
    value, other = median(one.value for one in our_rounds), median(one.value for one in their_rounds)
    ratio = (value / other if more_is_better else other / value) if value and other else None
    waits = [wait for one in our_rounds for wait in one.latencies_ms]
    return {
        "name": name, "engine": engine, "value": rounded(value), "unit": unit, "reference": reference,
        "reference_value": rounded(other), "ratio": rounded(ratio), "p50_ms": rounded(percentile(waits, 0.5)),
        "p99_ms": rounded(percentile(waits, 0.99)), "errors": sum(one.errors for one in our_rounds),
        "slowest_ms": rounded(max(waits, default=None)),
        "reference_p99_ms": rounded(percentile([wait for one in their_rounds for wait in one.latencies_ms], 0.99)),
        **shares(our_rounds, their_rounds), **extra,
    }  # fmt: skip


def shares(ours: list[Sample], theirs: list[Sample]) -> dict[str, float | None]:
    """How much of the answers was a refusal, where there were any: both sides should meet about as many."""
    if not any(one.refused for one in ours + theirs):
        return {}
    share = [sum(one.refused for one in side) / sum(len(one.latencies_ms) for one in side) for side in (ours, theirs)]
    return {"refused": rounded(share[0]), "reference_refused": rounded(share[1])}


def rounded(value: float | None) -> float | None:
    """Three digits that say something."""
    return None if value is None else float(f"{value:.3g}")
