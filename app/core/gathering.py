"""Many small transactions as one: what is asked while the writer is busy is written together with the next commit.

A commit waits for the disk. With one writer, those who come meanwhile share the next one, each still with an answer of
its own, given when it is durable. A writer that is busy waits a moment for as many as came the last time: they have just
been answered and ask again. See docs/decisions/0009-bids-together.md.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Told = TypeVar("Told")
MOMENT_S = 0.004


class Gathering(Generic[Asked, Told]):
    """Runs `work` in a thread of its own with everything that waits, at most `most` at a time, in order of arrival.

    `work` gives one answer for each thing asked, in the same order, or an exception in the place of an answer. If it raises,
    everything asked is tried once more, each alone, so that one fault does not cost the others their answer.
    """

    def __init__(self, work: Callable[[Sequence[Asked]], Sequence[Told | Exception]], most: int = 64) -> None:
        self._work, self._most = work, most
        self._waiting: deque[tuple[Asked, Future[Told]]] = deque()
        self._some = threading.Condition()
        self._wanted = 1  # how many the writer would like to see before it begins
        self._thread: threading.Thread | None = None

    def ask(self, asked: Asked) -> Future[Told]:
        """The answer to come."""
        future: Future[Told] = Future()
        with self._some:
            self._waiting.append((asked, future))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="gathering", daemon=True)
                self._thread.start()
            if len(self._waiting) in (1, self._wanted):  # it needs to hear of no other
                self._some.notify()
        return future

    def _run(self) -> None:
        while True:
            with self._some:
                while not self._waiting:
                    self._some.wait()
                until = monotonic() + MOMENT_S
                while len(self._waiting) < self._wanted and (left := until - monotonic()) > 0:
                    self._some.wait(left)
                batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                # Whoever gave up meanwhile is let go; who is taken up cannot any more: an answer always finds its place.
                batch = [(asked, future) for asked, future in batch if future.set_running_or_notify_cancel()]
                self._wanted = max(1, len(batch))
            answers = self._answers([asked for asked, _future in batch]) if batch else []
            for (_asked, future), answer in zip(batch, answers, strict=True):
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    def _answers(self, asked: Sequence[Asked]) -> Sequence[Told | Exception]:
        try:
            return self._work(asked)
        except Exception as fault:
            return [fault] if len(asked) == 1 else [self._answers([one])[0] for one in asked]
