"""`python -m app.cli.web`: Granian, with the same words, whose processes can be told to stop from their first moment.

A process that it forks inherits the handlers of the first one. Until it serves, seconds later, SIGTERM would be noted there in
a copy that nobody looks at: it would serve on, and the first would wait for its end.
"""

from __future__ import annotations

import os
import signal

from granian.cli import entrypoint

STOPS = {signal.SIGTERM, signal.SIGINT}


def _deaf() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)


def _hears() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


def _ends() -> None:
    for number in STOPS:
        signal.signal(number, signal.SIG_DFL)
    _hears()


if __name__ == "__main__":
    os.register_at_fork(before=_deaf, after_in_parent=_hears, after_in_child=_ends)
    entrypoint()  # type: ignore[no-untyped-call]
