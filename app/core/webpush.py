"""Web push (RFC 8030): a notice, encrypted for one browser (RFC 8291) and signed with our own key (RFC 8292).

A browser says where its notices go, so the address is somebody else's word: only HTTPS on its own port, only public
addresses, checked after they are resolved and then dialled as checked; no redirect is followed.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import socket
import ssl
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Timer
from urllib.parse import urlsplit

import http_ece
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import current_app
from py_vapid import Vapid

from app.core.clock import now
from app.core.ids import token

KEY_FILE = "push_key.pem"
CONNECT_S = 4
ANSWER_S = 8  # in all, however slowly the other side speaks
AT_ONCE = 5
SIGNED_FOR = timedelta(hours=12)  # RFC 8292: at most a day
LOOPBACK = ("127.0.0.1", "localhost")
log = structlog.get_logger()


class BadTarget(ValueError):
    """No push service can be at this address, or these are no keys of a browser."""


class Outcome(StrEnum):
    """What a push service said. `GONE`: there is no such browser any more. `REFUSED`: it does not take this from us."""

    SENT = "sent"
    GONE = "gone"
    REFUSED = "refused"
    LATER = "later"


@dataclass(frozen=True)
class Target:
    """A browser: where its notices go, and the keys that it gave (base64url, without padding)."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True)
class _Place:
    scheme: str
    host: str
    port: int
    path: str


def check(target: Target) -> None:
    """Raises BadTarget for what no browser gives. Looks no name up: that is done when something is sent."""
    _place(target.endpoint, local=_local_allowed())
    _keys(target)


def public_key() -> str:
    """Our public key, as browsers ask for it (base64url of the uncompressed point)."""
    point = _vapid().public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()


def send(targets: Sequence[Target], message: bytes, *, topic: str, ttl: int) -> list[Outcome]:
    """Send one message to some browsers at once; the outcomes in their order. Never inside a transaction.

    `topic`: a later message takes the place of an earlier one that still waits. `ttl`: seconds that it may wait.
    """
    vapid, local, until = _vapid(), _local_allowed(), int((now() + SIGNED_FOR).timestamp())
    writer = f"mailto:{parseaddr(current_app.config['KERMESSE']['MAIL_FROM'])[1]}"
    headers = {"TTL": str(ttl), "Urgency": "high", "Topic": topic, "Content-Encoding": "aes128gcm"}

    def one(target: Target) -> Outcome:
        try:
            place = _place(target.endpoint, local=local)
            claims = {"aud": _origin(place), "exp": until, "sub": writer}
            return _post(place, _encrypted(target, message), headers | vapid.sign(claims), local=local)
        except BadTarget:
            return Outcome.REFUSED
        except (OSError, HTTPException) as fault:
            log.warning("notice not sent", fault=type(fault).__name__)  # its words would name the browser's address
            return Outcome.LATER

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, targets))


# Keys


def _vapid() -> Vapid:
    kept: Vapid | None = current_app.extensions.get("kermesse_push_key")
    if kept is None:
        kept = current_app.extensions["kermesse_push_key"] = _read_or_make(
            current_app.config["KERMESSE"].data_dir / KEY_FILE
        )
    return kept


def _read_or_make(path: Path) -> Vapid:
    if not path.exists():
        fresh = Vapid()
        fresh.generate_keys()
        partial = path.with_name(f"{path.name}.{token()}")
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(fresh.private_pem())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # web and worker may both make one: the first counts for all
            os.link(partial, path)
        partial.unlink()
    vapid = Vapid.from_pem(path.read_bytes())
    vapid.conf = {"no-strict": True}  # MAIL_FROM is taken as it is
    return vapid


def _keys(target: Target) -> tuple[ec.EllipticCurvePublicKey, bytes]:
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(target.p256dh))
        auth = _decoded(target.auth)
    except ValueError as fault:
        raise BadTarget("keys") from fault
    if len(auth) != 16:
        raise BadTarget("keys")
    return point, auth


def _decoded(text: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise BadTarget("keys")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encrypted(target: Target, message: bytes) -> bytes:
    point, auth = _keys(target)
    ours = ec.generate_private_key(ec.SECP256R1())
    sealed: bytes = http_ece.encrypt(message, private_key=ours, dh=point, auth_secret=auth)
    return sealed


# The way there


def _local_allowed() -> bool:
    """A push service on this computer: in development alone."""
    return not current_app.config["KERMESSE"].production


def _place(endpoint: str, *, local: bool) -> _Place:
    try:
        url = urlsplit(endpoint)
        host, port = url.hostname or "", url.port
    except ValueError as fault:
        raise BadTarget("address") from fault
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    plain = re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", host) and re.fullmatch(r"[!-~]+", endpoint)
    if not plain or url.username is not None or url.password is not None:
        raise BadTarget("address")
    if local and url.scheme == "http" and host in LOOPBACK:
        return _Place("http", host, port or 80, path)
    # A name that ends in digits is an address in one of its many spellings.
    if url.scheme != "https" or port not in (None, 443) or "." not in host or host.rpartition(".")[2].isdigit():
        raise BadTarget("address")
    return _Place("https", host, 443, path)


def _origin(place: _Place) -> str:
    return f"{place.scheme}://{place.host}" + (f":{place.port}" if place.scheme == "http" else "")


def public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also where it carries an older one inside."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner: list[ipaddress.IPv4Address | None] = []
    if isinstance(ip, ipaddress.IPv6Address):
        nat64 = ip in ipaddress.ip_network("64:ff9b::/96")
        inner = [ip.ipv4_mapped, ip.sixtofour, ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if nat64 else None]
    return all(one.is_global and not one.is_multicast for one in (ip, *filter(None, inner)))


def _address_of(place: _Place, *, local: bool) -> str:
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)]
    on_this_computer = local and place.scheme == "http" and all(ipaddress.ip_address(one).is_loopback for one in found)
    if not found or not (on_this_computer or all(map(public, found))):
        raise BadTarget("address")
    return found[0]


def _post(place: _Place, body: bytes, headers: dict[str, str], *, local: bool) -> Outcome:
    with _line(place, _address_of(place, local=local)) as line:
        connection = HTTPConnection(place.host, place.port)
        connection.sock = line
        host = place.host if place.scheme == "https" else f"{place.host}:{place.port}"
        connection.request("POST", place.path, body, headers | {"Host": host, "Connection": "close"})
        status = connection.getresponse().status
    return _meaning(status)


@contextlib.contextmanager
def _line(place: _Place, address: str) -> Iterator[socket.socket]:
    """A connection to just this address, which ends by itself when its time is over."""
    line = socket.create_connection((address, place.port), CONNECT_S)
    if place.scheme == "https":
        context = ssl.create_default_context()
        line = context.wrap_socket(line, server_hostname=place.host, do_handshake_on_connect=False)
    end = Timer(ANSWER_S, _hang_up, [line])
    end.daemon = True
    end.start()
    try:
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        yield line
    finally:
        end.cancel()
        line.close()


def _hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _meaning(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome.SENT
    if status in (404, 410):
        return Outcome.GONE
    return Outcome.LATER if status >= 500 or status in (408, 429) else Outcome.REFUSED
