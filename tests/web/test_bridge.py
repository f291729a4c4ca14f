"""The bridge between the server and Flask, over real HTTP."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.serving import Server, served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    changes = {"MAX_UPLOAD_MB": "1", "TRUSTED_PROXIES": "1"}
    with served("sqlite", tmp_path_factory.mktemp("bridge"), worker=False, **changes) as made:
        yield made


def ask(
    server: Server, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    line = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    try:
        line.request(method, path, body, headers)  # type: ignore[arg-type]
        response = line.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        line.close()


def test_pages_files_and_head(server: Server) -> None:
    status, headers, body = ask(server, "GET", "/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert int(headers["content-length"]) == len(body)
    status, headers, body = ask(server, "HEAD", "/")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 1000
    status, headers, body = ask(server, "GET", "/static/js/auction.js", **{"Accept-Encoding": "identity"})
    assert (status, b"EventSource" in body) == (200, True)


@pytest.mark.parametrize("moment", [0.0, 0.3, 0.6, 0.9])
def test_told_to_stop_while_it_starts_it_stops(tmp_path: Path, moment: float) -> None:
    """The server's first process must not wait for one that heard nothing."""
    with served("sqlite", tmp_path, start=False) as server:
        web = server.start(worker=False, wait=False).processes[0]
        while not Path(f"/proc/{web.pid}/task/{web.pid}/children").read_text():
            time.sleep(0.01)
        time.sleep(moment)
        server.stop()


@pytest.mark.parametrize(
    "path",
    [
        "/caf%C3%A9/",
        "/%ff%fe/",
        "/a%2Fb/",
        "/%00/",
        "//host/",
        "/events/%0d%0aX:1/",
        "/?q=%ff",
        "/events/?q=%C3%A9&q=2",
        "/%",
    ],
)
def test_odd_addresses(server: Server, path: str) -> None:
    assert ask(server, "GET", path)[0] in (200, 301, 302, 303, 308, 400, 404)


def test_several_cookies_and_headers_arrive(server: Server) -> None:
    _status, headers, _body = ask(server, "GET", "/language/fr?next=/events/")
    cookie = headers["set-cookie"].split(";")[0]
    _status, headers, body = ask(server, "GET", "/events/", Cookie=f"other=1; {cookie}; third=%22x%22")
    assert b'lang="fr"' in body


def test_a_body_larger_than_any_form_is_refused(server: Server) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask(server, "POST", "/account/sign-in/", b"email=" + b"x" * 3_000_000, **kind)[0] == 413
    parts = (b"x" * 65536 for _ in range(50))  # sent in chunks, without its length
    assert ask(server, "POST", "/account/sign-in/", parts, **kind)[0] == 413


def test_half_a_request_harms_nobody(server: Server) -> None:
    address = urlsplit(server.url)
    for sent in (
        b"POST /account/sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nemail=",
        b"nonsense\r\n\r\n",
    ):
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=5) as line:
            line.sendall(sent)
    assert ask(server, "GET", "/livez")[0] == 200


def test_nobody_passes_for_the_proxy_by_another_spelling(server: Server) -> None:
    """`X_Forwarded_Host` and `X-Forwarded-Host` are one name to Flask, and most proxies let the former through."""
    assert ask(server, "GET", "/events/", **{"X-Forwarded-Host": "evil.example"})[0] == 400
    assert ask(server, "GET", "/events/", **{"X_Forwarded_Host": "evil.example"})[0] == 200
