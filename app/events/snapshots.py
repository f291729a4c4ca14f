"""The list that a door's device takes along, sealed so that the device notices when anybody has touched it.

The seal is ECDSA over P-256 with SHA-256, which every browser can check (WebCrypto) and nobody can make from the public key.
The private key is made from SECRET_KEY, so that all processes have the same and there is no file to lose.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import current_app

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-4)


def public_key() -> str:
    """The key that checks our seals: the uncompressed point in base64."""
    return b64encode(_key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)).decode()


def sealed(content: dict[str, Any], made: datetime) -> dict[str, str]:
    """`text`: the content as JSON with the time it was made; `seal`: its signature."""
    text = written(content | {"made": made.isoformat()})
    first, second = decode_dss_signature(_key().sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    seal = b64encode(first.to_bytes(32, "big") + second.to_bytes(32, "big")).decode()
    return {"text": text, "seal": seal}


def digest(content: dict[str, Any]) -> str:
    """The same for lists that say the same, whenever they were made."""
    return hashlib.sha256(written(content).encode()).hexdigest()[:32]


def written(content: dict[str, Any]) -> str:
    """One way to write it."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_made(text: str) -> datetime | None:
    """The time that a device says its list was made, or None for what is no time of ours."""
    try:
        found = datetime.fromisoformat(text[:40])
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def _key() -> ec.EllipticCurvePrivateKey:
    kept: ec.EllipticCurvePrivateKey | None = current_app.extensions.get("kermesse_door_key")
    if kept is None:
        secret = str(current_app.secret_key).encode()
        stretched = HKDF(hashes.SHA256(), 48, salt=None, info=b"kermesse door list 1").derive(secret)
        kept = ec.derive_private_key(int.from_bytes(stretched, "big") % (ORDER - 1) + 1, ec.SECP256R1())
        current_app.extensions["kermesse_door_key"] = kept
    return kept
