"""Public pages of galleries, and the files of their pictures."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, send_file
from flask_login import current_user

from app.core import storage
from app.galleries import queries
from app.web.access import has_role, public
from app.web.worded import facts_of, worded

blueprint = Blueprint("galleries", __name__)
NUMBER = "<int(max=2147483647):number>"


@blueprint.get("/galleries/")
@public
def index() -> str:
    """Every published gallery."""
    return render_template("galleries/index.html", galleries=queries.gallery_cards())


@blueprint.get("/galleries/<slug>/")
@public
def page(slug: str) -> str:
    """The wall of a gallery, by theme. Worded once for all strangers: whatever the page shows must be among the facts."""
    gallery = queries.gallery(slug) or abort(404)
    theme = next((item for item in gallery.themes if item.slug == request.args.get("theme", "")), None)
    hung = queries.hung_in(gallery, theme)

    def render() -> str:
        accent = gallery.campaign.accent if gallery.campaign else ""
        return render_template("galleries/page.html", gallery=gallery, theme=theme, hung=hung, accent=accent)

    rows = facts_of(gallery, gallery.campaign, *gallery.themes, *(item.artwork for item in hung))
    return worded(render, rows, tuple(item.picture for item in hung))


@blueprint.get(f"/galleries/<slug>/artworks/{NUMBER}/")
@public
def artwork(slug: str, number: int) -> str:
    """One picture, large, with its label."""
    found = queries.artwork_page(slug, number) or abort(404)
    work = found.hung.artwork
    return render_template(
        "galleries/artwork.html",
        page=found,
        work=work,
        picture=found.hung.picture,
        extras=[text for extra in current_app.extensions["kermesse_artwork_extras"] if (text := extra(work))],
        accent=work.gallery.campaign.accent if work.gallery.campaign else "",
    )


@blueprint.get(f"{queries.MEDIA}<name>")
@public
def media(name: str) -> Any:
    """A derivative, while its artwork may be seen; the team and who brought it see those that are not public yet."""
    file = queries.media_file(name) or abort(404)
    if not file.public and not has_role(*queries.CURATING) and not _brought(file):
        abort(404)
    try:
        response = send_file(
            storage.path(file.key), mimetype=queries.MIME[file.format], download_name=f"picture.{file.format}"
        )
    except FileNotFoundError:
        abort(404)
    # A withdrawn consent must hide a picture within a minute, so nobody may keep it for longer.
    response.headers["Cache-Control"] = "public, max-age=60" if file.public else "no-store"
    return response


def _brought(file: queries.MediaFile) -> bool:
    return bool(current_user.is_authenticated and file.uploaded_by == current_user.id)
