"""What visitors meet: galleries, their walls, one picture, and the files."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from markupsafe import Markup
from sqlalchemy import select

from app.core import storage
from app.core.database import db
from app.core.transactions import atomic
from app.galleries import queries, services
from app.galleries.models import Artwork, ArtworkImage, Scope
from tests.cast import Cast
from tests.galleries.helpers import bring, derive, hang, make_gallery, statements


def media(work: Artwork, kind: str = "jpeg") -> str:
    """The address of one derivative."""
    query = select(ArtworkImage.key).where(ArtworkImage.artwork_id == work.id, ArtworkImage.format == kind)
    return queries.media_url(str(db.session.scalars(query).first()))


def test_a_draft_is_not_there_for_strangers(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery = make_gallery(published=False)
    hang(gallery, cast)
    for person in (None, cast.stranger, cast.staff, cast.helper, cast.treasurer):
        client = client_for(person)
        assert client.get(f"/galleries/{gallery.slug}/").status_code == 404
        assert client.get(f"/galleries/{gallery.slug}/artworks/1/").status_code == 404
        assert gallery.title not in client.get("/galleries/").text
    answer = client_for(cast.curator).get(f"/galleries/{gallery.slug}/")
    assert '<meta name="robots" content="noindex">' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_empty_walls_say_what_comes(app: Flask, client_for: Any) -> None:
    assert "The walls are still bare" in client_for().get("/galleries/").text
    gallery = make_gallery()
    assert "0 pictures" in client_for().get("/galleries/").text
    assert "Nothing hangs here yet" in client_for().get(f"/galleries/{gallery.slug}/").text


def test_the_list_shows_a_cover_that_may_be_seen(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery, other = make_gallery(), make_gallery("Our mothers")
    hidden, shown = hang(gallery, cast, 1), hang(gallery, cast, 2)
    bring(other, cast, 3)
    with atomic():
        services.withdraw_assent(hidden.id, None)
    page = client_for().get("/galleries/").text
    assert media(shown) in page
    assert media(hidden) not in page
    assert page.index("Our mothers") < page.index("Three words")
    assert re.findall(r"(\d) pictures?", page) == ["0", "1"]


def test_the_wall_hangs_by_theme(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery = make_gallery()
    hang(gallery, cast, 1, theme_slug="our-mothers")
    hang(gallery, cast, 2, theme_slug="migration")
    hang(gallery, cast, 3)
    page = client_for().get(f"/galleries/{gallery.slug}/").text
    places = [page.index(text) for text in (">Migration</h2>", "Shade 2", ">Our mothers</h2>", "Shade 1", "Shade 3")]
    assert places == sorted(places)
    assert "What does she do all day?" in page
    assert page.count("<picture") == 3
    for tag in re.findall(r"<img[^>]*>", page):
        assert re.search(r'width="320" height="240"', tag), tag
        assert re.search(r'alt="All of shade \d"', tag), tag
    filtered = client_for().get(f"/galleries/{gallery.slug}/?theme=migration").text
    assert "Shade 2" in filtered
    assert "Shade 1" not in filtered
    assert "Shade 3" not in filtered
    assert re.search(r'href="/galleries/three-words/\?theme=migration" aria-current="true"', filtered)


@pytest.mark.parametrize("theme", ["nothing", "", "x" * 5000, "%00", "'--", "<script>", "migration&theme=our-mothers"])
def test_an_unknown_theme_hides_nothing(app: Flask, cast: Cast, client_for: Any, theme: str) -> None:
    gallery = make_gallery()
    hang(gallery, cast, 1, theme_slug="migration")
    answer = client_for().get(f"/galleries/{gallery.slug}/?theme={theme}")
    assert answer.status_code == 400 if theme == "%00" else "Shade 1" in answer.text
    assert "<script>" not in answer.text


def test_the_wall_costs_the_same_for_one_picture_and_for_many(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery = make_gallery()
    hang(gallery, cast, 0, theme_slug="migration")
    paths = ("/galleries/", f"/galleries/{gallery.slug}/", f"/galleries/{gallery.slug}/artworks/1/")
    counted: list[list[int]] = []
    for shades in (range(1, 2), range(2, 9)):
        for shade in shades:
            hang(gallery, cast, shade, theme_slug="our-mothers")
        counted.append([])
        for path in paths:
            with statements() as sent:
                assert client_for().get(path).status_code == 200
            counted[-1].append(len([text for text in sent if text.lstrip().startswith("SELECT")]))
    assert counted[0] == counted[1]
    assert max(counted[0]) <= 8, counted


def test_one_picture_with_its_label(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery = make_gallery()
    work = hang(gallery, cast, 1, theme_slug="migration", medium="Crayon", size="30 × 40 cm", caption="I <3 my gran")
    page = client_for().get(f"/galleries/{gallery.slug}/artworks/1/").text
    for text in ("Shade 1", "Mina, 11–13", "Crayon", "30 × 40 cm", "Migration", "I &lt;3 my gran", "All of shade 1"):
        assert text in page
    assert "noindex" not in page
    assert page.count("<title>") == 1
    assert "Gwen" not in page
    types = re.findall(r'<source type="([^"]+)"', page)
    assert types == ["image/avif", "image/webp"]
    assert f'src="{media(work)}"' in page


def test_neighbours_in_the_order_of_the_wall(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery, other = make_gallery(), make_gallery("Elsewhere")
    first, hidden, last = (hang(gallery, cast, shade) for shade in range(3))
    hang(other, cast, 9)
    with atomic():
        services.withdraw_consent(hidden.id, [Scope.WEB], None)

    def around(work: Artwork) -> dict[str, str]:
        page = client_for().get(f"/galleries/{gallery.slug}/artworks/{work.number}/").text
        return dict(re.findall(r'<a rel="(prev|next)" href="([^"]+)"', page))

    address = f"/galleries/{gallery.slug}/artworks/{{}}/"
    assert around(first) == {"next": address.format(last.number)}
    assert around(last) == {"prev": address.format(first.number)}


@pytest.mark.parametrize("number", ["0", "2", "999999999999", "2147483647", "-1", "x", "1.0"])
def test_a_number_that_hangs_nowhere(app: Flask, cast: Cast, client_for: Any, number: str) -> None:
    gallery = make_gallery()
    hang(gallery, cast)
    answer = client_for().get(f"/galleries/{gallery.slug}/artworks/{number}/")
    assert answer.status_code == 404
    assert client_for().get(f"/galleries/{number}/").status_code == 404


def test_upper_floors_may_add_to_a_picture(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery = make_gallery()
    work = hang(gallery, cast)
    extras = app.extensions["kermesse_artwork_extras"]
    asked: list[int] = []

    def link(artwork: Artwork) -> Markup:
        asked.append(artwork.id)
        return Markup('<a href="/there/">Bid on this picture</a>')

    extras.extend([link, lambda artwork: None])
    try:
        page = client_for().get(f"/galleries/{gallery.slug}/artworks/1/").text
    finally:
        del extras[-2:]
    assert '<a href="/there/">Bid on this picture</a>' in page
    assert "None" not in page.split("</head>")[1]
    assert asked == [work.id]


# --- files ---------------------------------------------------------------------------------------------------------


def test_a_file_is_served_with_its_type_for_a_minute_in_one_statement(app: Flask, cast: Cast, client_for: Any) -> None:
    work = hang(make_gallery(), cast)
    for kind, mime in queries.MIME.items():
        address = media(work, kind)
        with statements() as sent:
            answer = client_for().get(address, buffered=True)
        assert len([text for text in sent if text.startswith("SELECT")]) == 1
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == mime
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == f"inline; filename=picture.{kind}"
        assert "Set-Cookie" not in answer.headers
        again = client_for().get(address, headers={"If-None-Match": answer.headers["ETag"]}, buffered=True)
        assert again.status_code == 304
        assert again.headers["Cache-Control"] == "public, max-age=60"


def test_a_file_that_is_not_public_is_for_the_team_and_who_brought_it(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery = make_gallery()
    work = bring(gallery, cast, uploaded_by=cast.staff.id)
    derive()
    for person in (None, cast.stranger, cast.parent, cast.treasurer, cast.helper):
        assert client_for(person).get(media(work), buffered=True).status_code == 404
    for person in (cast.curator, cast.organiser, cast.admin, cast.staff):
        answer = client_for(person).get(media(work), buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"


def test_originals_are_served_to_nobody(app: Flask, cast: Cast, client_for: Any) -> None:
    work = hang(make_gallery(), cast)
    name = work.original.rsplit("/", 1)[-1]
    stem = name.rsplit(".", 1)[0]
    addresses = [
        f"/media/{name}", f"/media/{work.original}", f"/media/../{work.original}", f"/media/%2e%2e%2f{name}",
        f"/media/{stem}.jpeg", f"/media/..%2f..%2f{work.original}", f"/{work.original}", f"/static/../{work.original}",
        f"/media/%252e%252e/{work.original}", f"/static/..%2f..%2f{work.original}",
    ]  # fmt: skip
    for person in (None, cast.curator, cast.admin):
        for address in addresses:
            assert client_for(person).get(address, buffered=True).status_code == 404, address


@pytest.mark.parametrize(
    "name",
    ["x", "x.jpeg", ".jpeg", "..", "%00.jpeg", "a" * 5000, "%F0%9F%8E%A8.webp", "%ff%fe", "'--.jpeg", "aa%5Caa.jpeg",
     "%E2%80%AEgpj.exe"],
)  # fmt: skip
def test_names_that_nobody_gave(app: Flask, client_for: Any, name: str) -> None:
    assert client_for().get(f"/media/{name}").status_code in (400, 404)


def test_another_ending_is_another_file(app: Flask, cast: Cast, client_for: Any) -> None:
    work = hang(make_gallery(), cast)
    for ending in ("html", "svg", "js", "png", ""):
        address = media(work).replace("jpeg", ending)
        assert client_for().get(address, buffered=True).status_code == 404


def test_a_file_gone_from_the_disk_is_not_found(app: Flask, cast: Cast, client_for: Any) -> None:
    work = hang(make_gallery(), cast)
    address = media(work)
    for image in work.derivatives:
        storage.delete(image.key)
    assert client_for().get(address, buffered=True).status_code == 404


def test_the_address_for_mails_is_absolute_and_served(app: Flask, cast: Cast, client_for: Any) -> None:
    work = hang(make_gallery(), cast)
    address = queries.mail_image_url(work.id)
    assert address is not None
    assert address.startswith("http://localhost/media/")
    assert address.endswith(".jpeg")
    assert client_for().get(address.removeprefix("http://localhost"), buffered=True).status_code == 200
    assert queries.mail_image_url(999) is None
