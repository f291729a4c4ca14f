"""What the worker does for galleries. May run more than once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core import storage
from app.core.database import db
from app.core.images import derivatives
from app.core.transactions import atomic, locked
from app.galleries.models import Artwork, ArtworkImage


def derive(payload: Mapping[str, Any]) -> None:
    """Make the derivatives of an artwork. Decoding and encoding happen outside any transaction."""
    artwork = db.session.get(Artwork, int(payload["artwork_id"]))
    original = artwork.original if artwork is not None and not artwork.derivatives else None
    db.session.rollback()
    if original is None:
        return
    made: list[ArtworkImage] = []
    kept = False
    try:
        for item in derivatives(storage.read(original)):
            key = storage.save("public", item.content, item.format)
            made.append(ArtworkImage(format=item.format, width=item.width, height=item.height, key=key))
        with atomic():
            found: Artwork | None = locked(Artwork, int(payload["artwork_id"]))
            kept = found is not None and not found.derivatives
            if found is not None and kept:
                found.derivatives = made
    except BaseException:
        kept = False
        raise
    finally:
        if not kept:  # another worker was quicker, the artwork is gone, the disk is full
            for image in made:
                storage.delete(image.key)
