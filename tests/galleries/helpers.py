"""Galleries for the tests: pictures drawn here, and artworks that may be seen."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from PIL import Image
from sqlalchemy import event

from app.core import storage
from app.core.database import db
from app.core.jobs import run_due
from app.core.transactions import atomic
from app.galleries import services
from app.galleries.models import Artwork, Gallery, Scope
from tests.cast import Cast

THEMES = (("", "Migration", "Why do people leave?"), ("", "Our mothers", "What does she do all day?"))


def painting(shade: int = 0, kind: str = "PNG", size: tuple[int, int] = (320, 240)) -> bytes:
    """A picture's bytes; another shade is another file."""
    buffer = io.BytesIO()
    Image.new("RGB", size, (shade % 256, shade // 256 % 256, 120)).save(buffer, kind)
    return buffer.getvalue()


def make_gallery(title: str = "Three words", *, published: bool = True, themes: Any = THEMES, **values: Any) -> Gallery:
    """A saved gallery."""
    with atomic():
        gallery = services.create_gallery(title=title, themes=themes, **values)
        services.publish(gallery.id, published=published, actor_id=None)
    return gallery


def bring(gallery: Gallery, cast: Cast, shade: int = 0, **values: Any) -> Artwork:
    """An artwork as it comes: uploaded by the curator, with nothing else."""
    facts: dict[str, Any] = {
        "title": f"Shade {shade}",
        "artist": "Mina",
        "age_band": "11–13",
        "alt": f"All of shade {shade}",
    }
    with atomic():
        return services.add_artwork(
            gallery.id, painting(shade), "mina.png", **({"uploaded_by": cast.curator.id} | facts | values)
        )


def hang(
    gallery: Gallery, cast: Cast, shade: int = 0, scopes: Sequence[Scope] = tuple(Scope), **values: Any
) -> Artwork:
    """An artwork that anybody may see: consents, assent, review, derivatives."""
    work = bring(gallery, cast, shade, **values)
    with atomic():
        services.give_consent(work.id, scopes, "Gwen Guardian", "2006-1", cast.curator.id)
        services.give_assent(work.id, cast.curator.id)
        services.review(work.id, cast.second_curator.id)
    derive()
    db.session.expire_all()
    return work


def derive() -> None:
    """Let the worker make what is due."""
    while run_due():
        pass


def files() -> set[str]:
    """The keys of all stored files."""
    root = storage.root()
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL statements sent inside the block."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
