"""Identifiers that cannot be guessed, and one that a person can type."""

import secrets

# Without 0 O 1 I L U: a code must survive being read aloud in a noisy hall.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def token() -> str:
    """An unguessable token of 128 bits for an address, such as a registration's or an invoice's."""
    return secrets.token_urlsafe(16)


def short_code(length: int = 6) -> str:
    """A short code for a label, from an alphabet without look-alikes."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))


def secret() -> str:
    """256 random bits in hexadecimal, never shown: what commitments are salted with."""
    return secrets.token_hex(32)
