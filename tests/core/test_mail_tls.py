"""A password for the mail server, against a server that speaks STARTTLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from flask import Flask
from sqlalchemy import select

from app.core import mail, message
from app.core.clock import now
from app.core.database import db
from app.core.mail import Mail, MailState
from tests.core.test_mail import write
from tests.letterbox import Letterbox
from tests.serving import free_port


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and the certificate that it signed for itself, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now() - timedelta(days=1)).not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path / "server.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    path.write_bytes(pem)
    return path


@pytest.fixture
def server(app: Flask, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Letterbox, list[bytes]]]:
    """A server elsewhere, in the eyes of the house, and the passwords that it was told."""
    box, told, port = Letterbox(), list[bytes](), free_port()

    def known(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        told.append(data.password)
        return AuthResult(success=True)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    controller = Controller(
        box, hostname="127.0.0.1", port=port, tls_context=context, authenticator=known, auth_require_tls=True
    )
    controller.start()
    monkeypatch.setattr(message, "LOOPBACK", ())
    monkeypatch.setitem(app.config["KERMESSE"].values, "SMTP_URL", f"smtp://user:pass%2Bword@127.0.0.1:{port}")
    try:
        yield box, told
    finally:
        controller.stop()


def test_a_server_that_shows_who_it_is_gets_password_and_mail(
    server: tuple[Letterbox, list[bytes]], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(message.ssl, "create_default_context", lambda: trusting)
    write()
    mail.send_due()
    box, told = server
    assert told == [b"pass+word"]
    assert len(box.letters) == 1


def test_a_server_that_anybody_could_be_gets_neither(server: tuple[Letterbox, list[bytes]]) -> None:
    write()
    mail.send_due()
    db.session.rollback()
    row = db.session.scalars(select(Mail)).one()
    assert (row.state, "CERTIFICATE" in str(row.reason).upper()) == (MailState.QUEUED, True)
    assert server == (Letterbox(), [])
