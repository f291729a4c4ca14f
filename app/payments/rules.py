"""What a payment's state follows from: the set of facts that the provider told, in whatever order, however often (M2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class FactKind(StrEnum):
    CAPTURED = "captured"
    EXPIRED = "expired"
    FAILED = "failed"
    FEE = "fee"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"


@dataclass(frozen=True)
class Fact:
    """One thing the provider told. `id` is the provider's id of the thing (a refund, a session), so that the same thing
    told by two kinds of events counts once. Amounts are minor units; `fee` is the provider's part."""

    kind: FactKind
    id: str
    amount: int = 0
    fee: int = 0


@dataclass(frozen=True)
class State:
    """Where a payment stands. `refunds` are (id, amount) of what went back to the buyer and stayed there."""

    status: str
    captured: int = 0
    fee: int = 0
    refunded: int = 0
    refunds: tuple[tuple[str, int], ...] = ()


def fold(facts: Iterable[Fact]) -> State:
    """The state that a set of facts makes. A capture outweighs an expiry: the money is there. A refund that failed at
    the buyer's bank never was one."""
    known = set(facts)
    captures = [fact for fact in known if fact.kind is FactKind.CAPTURED]
    if not captures:
        ended = any(fact.kind in (FactKind.EXPIRED, FactKind.FAILED) for fact in known)
        return State("expired" if ended else "pending")
    captured = max(fact.amount for fact in captures)
    fee = max(fact.fee for fact in known if fact.kind in (FactKind.CAPTURED, FactKind.FEE))
    failed = {fact.id for fact in known if fact.kind is FactKind.REFUND_FAILED}
    refunds: dict[str, int] = {}
    for fact in known:
        if fact.kind is FactKind.REFUNDED and fact.id not in failed:
            refunds[fact.id] = max(fact.amount, refunds.get(fact.id, 0))
    refunded = min(captured, sum(refunds.values()))
    return State("captured", captured, fee, refunded, tuple(sorted(refunds.items())))


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to weights, to the centime: the largest remainders get what is left over."""
    whole = sum(weights)
    if whole <= 0:
        raise ValueError("nothing to split over")
    shares = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: (-(total * weights[index] % whole), index))
    for index in order[: total - sum(shares)]:
        shares[index] += 1
    return shares


def fee_cover(owed: int, basis_points: int, fixed: int) -> int:
    """What must be added to `owed` so that a fee of so many hundredths of a percent and a fixed part leaves all of it.

    The fee is taken of the whole, cover included; rounded up to a whole minor unit.
    """
    return -(-(owed * basis_points + fixed * 10_000) // (10_000 - basis_points))


def further(before: int, after: int, weights: Sequence[int]) -> list[int]:
    """What each part gets (or gives back, below zero) when the amount split over them grows from `before` to `after`.

    Parts of several payments of one invoice add up to the split of their sum, in whatever order they came. Splitting each
    by itself would drift by centimes: 1 and 2 over three lines of 1 would give 2, 1 and 0.
    """
    return [new - old for new, old in zip(split(after, weights), split(before, weights), strict=True)]
