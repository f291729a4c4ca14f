"""The wall of a gallery is worded once for all strangers, and anew for everything that it shows."""

from __future__ import annotations

from datetime import date
from typing import Any
from unittest.mock import patch

from flask import Flask

from app.core.transactions import atomic, locked
from app.events.models import Campaign
from app.events.services import create_campaign
from app.galleries import services, views
from app.galleries.models import Artwork, Gallery, Theme
from app.web import worded
from tests.cast import Cast
from tests.galleries.helpers import hang, make_gallery


def shown(client: Any, gallery: Gallery, query: str = "") -> tuple[str, bool]:
    """The page, and whether it was worded for this request."""
    with patch.object(views, "render_template", wraps=views.render_template) as render:
        answer = client.get(f"/galleries/{gallery.slug}/{query}")
    assert answer.status_code == 200 and "place-of" not in answer.text
    return answer.text, render.called


def test_strangers_share_the_words(app: Flask, cast: Cast, client_for: Any) -> None:
    worded._kept.clear()
    gallery = make_gallery()
    hang(gallery, cast, 1)
    assert shown(client_for(), gallery)[1]
    assert not shown(client_for(), gallery)[1]
    assert shown(client_for(cast.parent), gallery)[1], "who signed in has a name on the page"
    slug = gallery.themes[0].slug if gallery.themes else "nothing"
    assert shown(client_for(), gallery, f"?theme={slug}")[1]


def test_every_change_is_worded_anew(app: Flask, cast: Cast, client_for: Any) -> None:
    worded._kept.clear()
    gallery = make_gallery()
    first, second = hang(gallery, cast, 1), hang(gallery, cast, 2)
    with atomic():
        campaign = create_campaign(title="A season", starts_on=date(2027, 3, 1), ends_on=date(2027, 3, 8))
        theme = locked(Gallery, gallery.id).themes[0]
        locked(Gallery, gallery.id).campaign_id = campaign.id
        locked(Artwork, first.id).theme_id = theme.id
    client = client_for()
    shown(client, gallery)
    changes = [
        (Gallery, gallery.id, {"summary": "Seen from the ferry."}),
        (Theme, theme.id, {"description": "All that floats."}),
        (Artwork, second.id, {"title": "The slow boat", "artist": "Mio", "age_band": "8–10"}),
        (Artwork, second.id, {"alt": "A blue boat"}),
        (Campaign, campaign.id, {"accent": "#0b5d4e"}),
    ]
    for model, key, values in changes:
        with atomic():
            row: Any = locked(model, key)
            for name, value in values.items():
                setattr(row, name, value)
        page, fresh = shown(client, gallery)
        assert fresh and all(value in page for value in values.values()), values
    assert not shown(client, gallery)[1]
    with atomic():
        services.withdraw_assent(second.id, None)
    page, fresh = shown(client, gallery)
    assert fresh and "The slow boat" not in page
