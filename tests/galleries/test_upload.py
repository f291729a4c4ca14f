"""Photographs through the form, as folders hold them; and the worker that prepares them."""

from __future__ import annotations

import io
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import storage
from app.core.database import db
from app.core.jobs import Job
from app.core.transactions import Busy, atomic
from app.galleries import jobs, services
from app.galleries.models import Artwork, ArtworkImage, Gallery
from tests.cast import Cast
from tests.core.test_images import HTML, SVG, everything_about_the_place, png_of
from tests.galleries.helpers import bring, derive, files, make_gallery, painting


def send(client: Any, gallery: Gallery, *uploads: tuple[bytes, str]) -> Any:
    """Send files as (content, name)."""
    data = {"files": [(io.BytesIO(content), name) for content, name in uploads]}
    return client.post(f"/manage/galleries/{gallery.id}/artworks", data=data, content_type="multipart/form-data")


def results(answer: Any) -> list[str]:
    """The line of each file, as read."""
    box = answer.text.split("data-results>")[1].split("</ul>")[0]
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", line)).strip() for line in box.split("<li>")[1:]]


def titles() -> list[str]:
    return list(db.session.scalars(select(Artwork.title).order_by(Artwork.number)))


def test_each_file_is_told_what_became_of_it(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery, before = make_gallery(), files()
    answer = send(
        client_for(cast.curator), gallery, (painting(1), "Three boats.png"), (painting(2, "JPEG"), "noname"),
        (painting(1), "again.png"), (b"", "empty.jpg"), (HTML, "page.jpg"), (SVG, "drawing.png"),
        (painting(3)[:200], "cut.png"), (png_of(14_000, 14_000), "bomb.png"), (painting(4, size=(50, 50)), "small.png"),
        (painting(5, "WEBP"), "last.webp"),
    )  # fmt: skip
    assert answer.status_code == 200
    assert [line.split(" – ")[1] for line in results(answer)] == [
        "Added as number 1.", "Added as number 2.", "Hangs here already, as number 1.", "The file is empty.",
        "This is not a picture we can read. Send JPEG, PNG, WebP, HEIC or AVIF.",
        "This is not a picture we can read. Send JPEG, PNG, WebP, HEIC or AVIF.",
        "The file is damaged. Try to export it again.",
        "The picture is too large: at most 12,000 pixels a side and 60 million in all.",
        "The picture is too small to show: 200 pixels a side at least.", "Added as number 3.",
    ]  # fmt: skip
    assert titles() == ["Three boats", "noname", "last"]
    assert len(files() - before) == 3
    rows = db.session.scalars(select(Artwork)).all()
    assert {row.uploaded_by for row in rows} == {cast.curator.id}
    assert [(row.width, row.height) for row in rows] == [(320, 240)] * 3
    assert {row.original.rsplit(".")[-1] for row in rows} == {"png", "jpeg", "webp"}
    assert client_for().get(f"/galleries/{gallery.slug}/").text.count("<picture") == 0


def test_the_same_picture_may_hang_in_another_gallery(app: Flask, cast: Cast, client_for: Any) -> None:
    first, second = make_gallery(), make_gallery("Elsewhere")
    for gallery in (first, second):
        assert "Added as number 1" in send(client_for(cast.curator), gallery, (painting(), "a.png")).text


@pytest.mark.parametrize("uploads", [(), ((b"", ""),)])
def test_no_file_is_refused_beside_the_field(app: Flask, cast: Cast, client_for: Any, uploads: Any) -> None:
    answer = send(client_for(cast.curator), make_gallery(), *uploads)
    assert answer.status_code == 422
    assert "Choose one photograph or more." in answer.text
    assert 'id="files-error"' in answer.text


def test_text_in_the_place_of_files_is_refused(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery = make_gallery()
    for data in ({"files": "text"}, {"files": ["a", "b"]}, {"file": "x"}, {}):
        answer = client_for(cast.curator).post(f"/manage/galleries/{gallery.id}/artworks", data=data)
        assert answer.status_code == 422
    assert titles() == []


def test_more_files_than_one_request_takes(app: Flask, cast: Cast, client_for: Any) -> None:
    answer = send(client_for(cast.curator), make_gallery(), *[(b"x", f"{index}.png") for index in range(61)])
    assert answer.status_code == 422
    assert "up to 60 photographs" in answer.text
    assert titles() == []


def test_an_upload_beyond_the_limit_is_refused(app: Flask, cast: Cast, client_for: Any) -> None:
    limit = app.config["MAX_CONTENT_LENGTH"]
    before = files()
    answer = send(client_for(cast.curator), make_gallery(), (b"\xff\xd8\xff" + b"0" * limit, "huge.jpg"))
    assert answer.status_code == 413
    assert "too large" in answer.text
    assert (titles(), files()) == ([], before)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\\\Users\\\\Eva\\\\Mina.jpg", "Mina"),  # as quoted on the wire
        ("/absolute/path.png", "path"),
        ("<script>alert(1)</script>.png", "script>"),
        ("\u202egnp.exe", "gnp"),
        ("a\tb\x7fc.png", "abc"),
        ("x" * 3000 + ".png", "x" * 116),
        (".png", "Untitled"),
        ("....", "..."),
        ("   .png", "Untitled"),
        ("🎨 Üñï.png", "🎨 Üñï"),
        ("con.png", "con"),
        ("{{ 7*7 }}.png", "{{ 7*7 }}"),
        ("=1+1.png", "=1+1"),
    ],
)
def test_names_are_titles_and_never_paths(app: Flask, cast: Cast, client_for: Any, name: str, title: str) -> None:
    gallery, before = make_gallery(), files()
    answer = send(client_for(cast.curator), gallery, (painting(), name))
    assert "Added as number 1." in answer.text
    assert titles() == [title]
    (key,) = files() - before
    assert re.fullmatch(r"private/[0-9a-f]{2}/[0-9a-f]{32}\.png", key)
    assert "<script>alert" not in answer.text
    derive()
    assert client_for(cast.curator).get(f"/manage/galleries/{gallery.id}/").status_code == 200


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif", "heic"])
def test_what_is_served_tells_nothing_of_place_or_name(app: Flask, cast: Cast, client_for: Any, kind: str) -> None:
    gallery = make_gallery()
    content = everything_about_the_place()[kind] + HTML
    assert "Added" in send(client_for(cast.curator), gallery, (content, f"Mina.{kind}")).text
    derive()
    keys = list(db.session.scalars(select(ArtworkImage.key)))
    assert len(keys) == 6
    for key in keys:
        answer = client_for(cast.curator).get(f"/media/{key.rsplit('/', 1)[-1]}", buffered=True)
        assert answer.status_code == 200
        for trace in (b"GPS-", b"Mia", b"Exif\0\0", b"xmpmeta", b"<script"):
            assert trace not in answer.data


def test_one_file_of_a_folder_fails_and_the_others_stay(
    app: Flask, cast: Cast, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database was busy once, and then broke for good: what was told stays, what was not leaves no file."""
    gallery, before = make_gallery(), files()
    real, faults = services.add_artwork, [Busy(), None, RuntimeError("broken")]

    def add(*args: Any, **values: Any) -> Artwork:
        fault = faults.pop(0)
        if fault is not None:
            raise fault
        return real(*args, **values)

    monkeypatch.setattr(services, "add_artwork", add)
    answer = send(client_for(cast.curator), gallery, (painting(1), "a.png"), (painting(2), "b.png"))
    assert answer.status_code == 500
    assert titles() == ["a"]
    assert len(files() - before) == 1
    monkeypatch.undo()
    again = send(client_for(cast.curator), gallery, (painting(1), "a.png"), (painting(2), "b.png"))
    assert [line.split(" – ")[1] for line in results(again)] == [
        "Hangs here already, as number 1.",
        "Added as number 2.",
    ]


def test_a_request_that_runs_again_reads_its_files_again(
    app: Flask, cast: Cast, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery, faults = make_gallery(), [Busy()] * 3
    real = services.add_artwork

    def add(*args: Any, **values: Any) -> Artwork:
        if faults:
            raise faults.pop()
        return real(*args, **values)

    monkeypatch.setattr(services, "add_artwork", add)
    answer = send(client_for(cast.curator), gallery, (painting(1), "a.png"))
    assert results(answer) == ["Added a.png – Added as number 1."]


def test_the_same_file_at_the_same_moment_hangs_once(app: Flask, cast: Cast) -> None:
    """Ten teachers share a folder. Numbers have no gap and no double."""
    gallery_id, curator_id = make_gallery().id, cast.curator.id
    before = files()
    db.session.remove()
    start = threading.Barrier(10)

    def bring_it(index: int) -> str:
        with app.app_context():
            start.wait()
            try:
                with atomic():
                    services.add_artwork(gallery_id, painting(index % 2), "a.png", title="A", uploaded_by=curator_id)
            except services.AlreadyThere:
                return "there"
            finally:
                db.session.remove()
            return "added"

    with ThreadPoolExecutor(10) as pool:
        found = sorted(pool.map(bring_it, range(10)))
    assert found == ["added"] * 2 + ["there"] * 8
    assert list(db.session.scalars(select(Artwork.number).order_by(Artwork.number))) == [1, 2]
    assert len(files() - before) == 2


# --- the worker ------------------------------------------------------------------------------------------------------


def test_derivatives_are_made_once_whatever_runs_twice(app: Flask, cast: Cast) -> None:
    before = files()
    work = bring(make_gallery(), cast)
    assert db.session.scalar(select(func.count()).select_from(Job)) == 1
    derive()
    made = files()
    assert len(made - before) == 1 + 3
    for _ in range(2):
        jobs.derive({"artwork_id": work.id})
    assert files() == made
    assert db.session.scalar(select(func.count()).select_from(ArtworkImage)) == 3


def test_two_workers_at_once_leave_one_set_of_files(app: Flask, cast: Cast) -> None:
    before = files()
    work_id = bring(make_gallery(), cast).id
    db.session.remove()
    start = threading.Barrier(3)

    def work(_: int) -> None:
        with app.app_context():
            start.wait()
            jobs.derive({"artwork_id": work_id})
            db.session.remove()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    keys = set(db.session.scalars(select(ArtworkImage.key)))
    assert len(keys) == 3
    assert {key for key in files() - before if key.startswith("public/")} == keys


def test_an_artwork_deleted_meanwhile_leaves_no_file(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files()
    work = bring(make_gallery(), cast)
    work_id, real = work.id, jobs.derivatives

    def slow(content: bytes) -> Any:
        with atomic():
            keys = services.delete_artwork(work_id, None)
        for key in keys:
            storage.delete(key)
        return real(content)

    monkeypatch.setattr(jobs, "derivatives", slow)
    jobs.derive({"artwork_id": work_id})
    jobs.derive({"artwork_id": work_id})
    assert files() == before


@pytest.mark.parametrize("fails_at", [0, 1, 2])
def test_a_full_disk_leaves_nothing_and_the_job_is_tried_again(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    work = bring(make_gallery(), cast)
    before, real, saved = files(), storage.save, [0]

    def full(*args: Any) -> str:
        saved[0] += 1
        if saved[0] > fails_at:
            raise OSError(28, "No space left on device")
        return real(*args)

    monkeypatch.setattr(storage, "save", full)
    with pytest.raises(OSError, match="No space"):
        jobs.derive({"artwork_id": work.id})
    assert files() == before
    monkeypatch.undo()
    jobs.derive({"artwork_id": work.id})
    assert db.session.scalar(select(func.count()).select_from(ArtworkImage)) == 3
