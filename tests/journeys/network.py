"""A bad network between a phone and the house: a small proxy that can be cut, and that loses or delays what passes."""

from __future__ import annotations

import random
import socket
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit


class Network:
    """`with Network(url) as phone:` listens on `phone.url`. While `cut`, nothing passes and nobody is told.

    `loss` is the share of connections that are dropped in the middle of what they bring, `delay_s` is added to each piece.
    """

    def __init__(self, url: str, *, loss: float = 0.0, delay_s: float = 0.0, seed: int = 1) -> None:
        address = urlsplit(url)
        self.target = (address.hostname or "", address.port or 80)
        self.loss, self.delay_s, self.dice = loss, delay_s, random.Random(seed)
        self.cut, self.over, self.dropped = False, False, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.lines: list[socket.socket] = []
        self.thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Network:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over = True
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for line in self.lines:
            hang_up(line)
        self.thread.join(5)

    def _accept(self) -> None:
        while not self.over:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(self.target, timeout=30)
            except OSError:
                continue
            self.lines += [near, far]
            lost = self.dice.random() < self.loss
            for source, sink, loses in ((near, far, False), (far, near, lost)):
                threading.Thread(target=self._pass, args=(source, sink, loses), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, loses: bool) -> None:
        """What comes from one side goes to the other; the answer of a lost connection never arrives."""
        with suppress(OSError):
            while piece := source.recv(65536):
                while self.cut and not self.over:
                    time.sleep(0.02)
                if self.delay_s:
                    time.sleep(self.delay_s)
                if loses:
                    self.dropped += 1
                    break
                sink.sendall(piece)
        for line in (source, sink):
            hang_up(line)


def hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
