"""Absolute addresses for mails and calendars, also where no request is: in commands and the worker."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import current_app


def host() -> str:
    """The host name of the public address."""
    return str(urlsplit(current_app.config["KERMESSE"].base_url).hostname)


def absolute(endpoint: str, **values: Any) -> str:
    """The address of a page on the public host, whatever host the request named."""
    return str(current_app.config["KERMESSE"].base_url + current_app.url_map.bind(host()).build(endpoint, values))
