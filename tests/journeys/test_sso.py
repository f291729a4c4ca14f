"""A staff member opens an event that is for staff, presses the organisation's button, comes back, and registers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.core.database import db
from app.core.transactions import atomic
from app.events.models import Audience, Event, Registration
from tests.journeys.browser import LAPTOP, PHONE, Visitor
from tests.journeys.scenes import talk
from tests.oidc_server import CLIENT, SECRET, Provider
from tests.serving import served


def for_staff() -> str:
    """A published talk that is for staff; returns its slug."""
    slug = talk(capacity=5)
    with atomic():
        db.session.query(Event).filter_by(slug=slug).one().audience = Audience.STAFF
    return slug


@pytest.mark.parametrize(("size", "scripts"), [(PHONE, False), (LAPTOP, True)])
def test_through_the_organisation(
    browser_only: Callable[..., Visitor], tmp_path: Path, size: dict[str, int], scripts: bool
) -> None:
    with (
        Provider(host="localhost") as provider,  # another site than 127.0.0.1: what SameSite lets pass counts
        served(
            "sqlite",
            tmp_path,
            OIDC_ISSUER=provider.url,
            OIDC_CLIENT_ID=CLIENT,
            OIDC_CLIENT_SECRET=SECRET,
            OIDC_NAME="UNOG",
        ) as server,
    ):
        provider.redirect_uri = f"{server.url}/account/sso/return"
        slug = for_staff()
        sami = browser_only(server, size=size, java_script_enabled=scripts)
        sami.elsewhere.add(urlsplit(provider.url).netloc)
        try:
            page = sami.go(f"/events/{slug}/")
            assert "for staff" in page.inner_text("main")
            if scripts:
                assert sami.axe() == []
            assert not sami.overflows()
            page.click("text=Sign in through UNOG")
            page.wait_for_url(f"{provider.url}/authorization**")
            page.click("button")
            page.wait_for_url(f"**/events/{slug}/")
            if page.input_value("input[name=name]") == "":
                page.fill("input[name=name]", "Sami Staff")
            page.click("form[action$=registrations] button[type=submit]")
            page.wait_for_url("**/registrations/**")
            db.session.rollback()
            registration = db.session.query(Registration).one()
            assert (registration.email, registration.name) == ("sami@agency.example", "Sami Staff")
            assert sami.faults == []
        finally:
            sami.close()


def test_refused_kindly(browser_only: Callable[..., Visitor], tmp_path: Path) -> None:
    with (
        Provider(host="localhost") as provider,
        served(
            "sqlite",
            tmp_path,
            OIDC_ISSUER=provider.url,
            OIDC_CLIENT_ID=CLIENT,
            OIDC_CLIENT_SECRET=SECRET,
            OIDC_NAME="UNOG",
        ) as server,
    ):
        provider.redirect_uri = f"{server.url}/account/sso/return"
        provider.back = {"code": "", "error": "access_denied"}
        sami = browser_only(server)
        sami.elsewhere.add(urlsplit(provider.url).netloc)
        try:
            page = sami.go("/account/sign-in/?next=/events/")
            page.click("text=Sign in through UNOG")
            page.click("button")
            page.wait_for_selector("text=You did not come in through UNOG")
            assert sami.axe() == []
            assert not sami.overflows()
            page.fill("input[name=email]", "sami@agency.example")
            page.click("main form button[type=submit]")
            page.wait_for_selector("text=Look in your mail")
        finally:
            sami.close()
