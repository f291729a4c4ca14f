"""Settings fail loudly."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import ConfigError, read

GOOD = {
    "KERMESSE_ENV": "production",
    "SECRET_KEY": "q8Zt1vXw5nRk3mYc7bHd9sJf2gLp6aTe0uWi4o",
    "BASE_URL": "https://fair.example.org",
    "SMTP_URL": "smtp://mail.example.org:587",
}


def test_a_good_production_environment_is_accepted(tmp_path: Path) -> None:
    assert read(GOOD | {"DATA_DIR": str(tmp_path)}).production


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SECRET_KEY", "", "SECRET_KEY"),
        ("SECRET_KEY", "short", "SECRET_KEY"),
        ("SECRET_KEY", "a" * 60, "SECRET_KEY"),
        ("SECRET_KEY", "change-me-change-me-change-me-change-me", "SECRET_KEY"),
        ("BASE_URL", "", "BASE_URL"),
        ("BASE_URL", "fair.example.org", "BASE_URL"),
        ("SECRET_KEY", "q8Zt1vXw5nRk3mYc7bHd9sJf2gLp6aT", "SECRET_KEY"),  # one character too few
        ("SECRET_KEY", " " * 60, "SECRET_KEY"),
        ("SECRET_KEY", "Kermesse-q8Zt1vXw5nRk3mYc7bHd9sJf2gLp6aTe0uWi4o", "SECRET_KEY"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", "fair.example.org, *.example.org", "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", "fair.example.org, .example.org", "ALLOWED_HOSTS"),
        ("FLASK_DEBUG", "1", "FLASK_DEBUG"),
        ("STRIPE_SECRET_KEY", "sk_live_x", "STRIPE_WEBHOOK_SECRET"),
        ("SMTP_URL", "", "SMTP_URL"),
        ("SMTP_URL", "http://x", "SMTP_URL"),
        ("PORT", "0", "PORT"),
        ("PORT", "eight", "PORT"),
        ("PORT", "٨", "PORT"),
        ("KERMESSE_ENV", "prod", "KERMESSE_ENV"),
        ("DATABASE_URL", "mysql://x", "DATABASE_URL"),
        ("TRUSTED_PROXIES", "off", "TRUSTED_PROXIES"),
        ("TIMEZONE", "Geneva", "TIMEZONE"),
        ("TIMEZONE", "../Europe/Zurich", "TIMEZONE"),
        ("MAIL_IN", "events", "MAIL_IN"),
        ("MAIL_IN", "Events <events@example.org>", "MAIL_IN"),
        ("MAIL_IN", "events+x@example.org", "MAIL_IN"),
        ("MAIL_IN", "a@b@example.org", "MAIL_IN"),
        ("MAIL_IN", "x" * 31 + "@example.org", "MAIL_IN"),
    ],
)
def test_production_refuses_to_start(tmp_path: Path, name: str, value: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read(GOOD | {"DATA_DIR": str(tmp_path), name: value})


def test_development_makes_and_keeps_its_own_secret(tmp_path: Path) -> None:
    first = read({"DATA_DIR": str(tmp_path)})
    assert first["SECRET_KEY"] == read({"DATA_DIR": str(tmp_path)})["SECRET_KEY"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_what_it_keeps_is_for_its_owner_alone(tmp_path: Path) -> None:
    read({"DATA_DIR": str(tmp_path / "kept")})
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


def test_stripe_needs_its_webhook_secret_in_development_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="STRIPE_WEBHOOK_SECRET"):
        read({"DATA_DIR": str(tmp_path), "STRIPE_SECRET_KEY": "sk_test_x"})


OIDC = {"OIDC_ISSUER": "https://id.example.org/realms/x", "OIDC_CLIENT_ID": "kermesse", "OIDC_CLIENT_SECRET": "x"}
STAFF = {"STAFF_DOMAINS": "example.org"}


def test_a_complete_sign_in_of_the_organisation_is_accepted(tmp_path: Path) -> None:
    config = read(GOOD | OIDC | STAFF | {"DATA_DIR": str(tmp_path), "ORGANISATION": "The Agency"})
    assert config.sign_in_through == "The Agency"
    assert (
        read(GOOD | OIDC | {"DATA_DIR": str(tmp_path), "OIDC_DOMAINS": "*", "OIDC_NAME": "UNOG"}).sign_in_through
        == "UNOG"
    )
    assert read(GOOD | {"DATA_DIR": str(tmp_path)}).sign_in_through == ""
    slash = {"OIDC_ISSUER": "https://id.example.org/"}
    assert read(GOOD | OIDC | STAFF | slash | {"DATA_DIR": str(tmp_path)})["OIDC_ISSUER"] == "https://id.example.org/"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"OIDC_ISSUER": OIDC["OIDC_ISSUER"]}, "OIDC_CLIENT_ID is needed with OIDC_ISSUER"),
        (OIDC | STAFF | {"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET"),
        (OIDC | STAFF | {"OIDC_ISSUER": ""}, "OIDC_ISSUER is needed"),
        ({"OIDC_NAME": "UNOG"}, "OIDC_ISSUER is needed with OIDC_NAME"),
        ({"OIDC_DOMAINS": "example.org"}, "OIDC_ISSUER is needed"),
        ({"OIDC_ASSIGNS_ADDRESSES": "yes"}, "OIDC_ISSUER is needed"),
        (OIDC, "OIDC_DOMAINS"),
        (OIDC | STAFF | {"OIDC_ISSUER": "http://id.example.org"}, "https"),
        (OIDC | STAFF | {"OIDC_ISSUER": "HTTP://id.example.org"}, "https"),
        (OIDC | STAFF | {"OIDC_ISSUER": "id.example.org"}, "OIDC_ISSUER should be"),
        (OIDC | STAFF | {"OIDC_ISSUER": "https://id.example.org/?tenant=x"}, "OIDC_ISSUER should be"),
        (OIDC | STAFF | {"OIDC_ISSUER": "https://[::1"}, "OIDC_ISSUER"),
        (OIDC | STAFF | {"OIDC_ASSIGNS_ADDRESSES": "on"}, "OIDC_ASSIGNS_ADDRESSES should be"),
        (OIDC | {"OIDC_ISSUER": "https://accounts.google.com", "OIDC_DOMAINS": "*"}, "Google"),
    ],
)
def test_half_a_sign_in_of_the_organisation_stops_the_start(tmp_path: Path, given: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as told:
        read(GOOD | given | {"DATA_DIR": str(tmp_path)})
    assert "kermesse" not in str(told.value)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        read({"DATA_DIR": str(tmp_path), "KERMESSE_ENV": "production", "STRIPE_SECRET_KEY": "sk_live_x"})
    for name in ("SECRET_KEY", "BASE_URL", "SMTP_URL", "STRIPE_WEBHOOK_SECRET"):
        assert name in str(told.value)
    assert "sk_live_x" not in str(told.value)
