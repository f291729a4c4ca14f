"""One writer for many small transactions: every ask has its own answer, whatever shares its batch."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import wait

import pytest

from app.core.gathering import Gathering

PATIENCE_S = 10


def test_what_waits_is_written_together_in_the_order_of_its_coming() -> None:
    batches: list[list[int]] = []
    begun, go_on = threading.Event(), threading.Event()

    def work(asked: Sequence[int]) -> list[int | Exception]:
        batches.append(list(asked))
        begun.set()
        go_on.wait(PATIENCE_S)
        return [number * 2 for number in asked]

    gathering = Gathering[int, int](work)
    first = gathering.ask(0)
    begun.wait(PATIENCE_S)
    rest = [gathering.ask(number) for number in range(1, 9)]
    go_on.set()
    assert [future.result(PATIENCE_S) for future in [first, *rest]] == [number * 2 for number in range(9)]
    assert batches == [[0], list(range(1, 9))]


def test_no_batch_is_larger_than_it_may_be() -> None:
    sizes: list[int] = []
    go_on = threading.Event()

    def work(asked: Sequence[int]) -> Sequence[int]:
        sizes.append(len(asked))
        go_on.wait(PATIENCE_S)
        return asked

    gathering = Gathering[int, int](work, most=4)
    futures = [gathering.ask(number) for number in range(20)]
    go_on.set()
    wait(futures, PATIENCE_S)
    assert sum(sizes) == 20
    assert max(sizes) <= 4


def test_after_many_a_single_one_is_not_kept_waiting_for_more() -> None:
    gathering = Gathering[int, int](lambda asked: asked)
    wait([gathering.ask(number) for number in range(50)], PATIENCE_S)
    for number in range(5):
        assert gathering.ask(number).result(PATIENCE_S) == number


def test_a_fault_costs_nobody_else_the_answer() -> None:
    def work(asked: Sequence[int]) -> list[int | Exception]:
        if 3 in asked:
            raise ValueError(3)
        return [KeyError(number) if number == 5 else number for number in asked]

    gathering = Gathering[int, int](work)
    futures = [gathering.ask(number) for number in range(8)]
    wait(futures, PATIENCE_S)
    with pytest.raises(ValueError, match="3"):
        futures[3].result()
    with pytest.raises(KeyError):
        futures[5].result()
    assert [future.result() for number, future in enumerate(futures) if number not in (3, 5)] == [0, 1, 2, 4, 6, 7]


def test_hundreds_of_hands_lose_nothing() -> None:
    gathering = Gathering[int, int](lambda asked: [number + 1 for number in asked])
    answers: dict[int, int] = {}

    def hand(start: int) -> None:
        for number in range(start, start + 50):
            answers[number] = gathering.ask(number).result(PATIENCE_S)

    hands = [threading.Thread(target=hand, args=(start,)) for start in range(0, 1000, 50)]
    for thread in hands:
        thread.start()
    for thread in hands:
        thread.join()
    assert answers == {number: number + 1 for number in range(1000)}


def test_who_gives_up_takes_nobody_along() -> None:
    """A future that was cancelled takes no answer: the writer must outlive it."""
    begun, go = threading.Event(), threading.Event()
    done: list[int] = []

    def work(asked: Sequence[int]) -> list[int | Exception]:
        begun.set()
        go.wait(5)
        done.extend(asked)
        return list(asked)

    gathering = Gathering[int, int](work)
    first = gathering.ask(1)
    assert begun.wait(5)
    assert not first.cancel(), "it is under way: its answer comes"
    second, third = gathering.ask(2), gathering.ask(3)
    assert second.cancel()
    go.set()
    assert [first.result(5), third.result(5), gathering.ask(4).result(5)] == [1, 3, 4]
    assert done == [1, 3, 4]
