"""What the web server runs: pages and streams on one port. `wsgi.py` serves the pages alone, under any WSGI server."""

import gc

from app import create_app
from app.auctions.lane import Lane
from app.auctions.live import Hub
from app.web.bridge import Bridge

_pages = create_app()
app = Bridge(_pages, Hub(_pages), Lane(_pages), threads=_pages.config["KERMESSE"]["WEB_THREADS"])

# What stands now stands for good: to look it through for garbage again and again cost every tenth page a pause.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
