"""The application on a machine whose clock steps back by a minute and a half, again and again."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from app.core import clock

TURN_S, STEP = 2.0, timedelta(seconds=90)


def now() -> datetime:
    back = STEP if int(time.time() / TURN_S) % 2 else timedelta(0)
    return datetime.now(UTC) - back


clock.now = now  # before anything else takes it

from app import create_app  # noqa: E402
from app.auctions.lane import Lane  # noqa: E402
from app.auctions.live import Hub  # noqa: E402
from app.web.bridge import Bridge  # noqa: E402

_pages = create_app()
app = Bridge(_pages, Hub(_pages), Lane(_pages), threads=16)
