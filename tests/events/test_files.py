"""Files that questions ask for: told by content, private, saved only by organisers, gone with whoever sent them."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from app.cli import doctor, privacy
from app.core import storage
from app.core.clock import travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import asking, files, services
from app.events.models import Answer, Event, QuestionKind, Registration
from tests.cast import Cast
from tests.events.helpers import make_event, seat

one_engine = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # files know no engine
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def packed(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return buffer.getvalue()


def picture(kind: str = "PNG", side: int = 300) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(buffer, kind)
    return buffer.getvalue()


ODT = packed(mimetype=b"application/vnd.oasis.opendocument.text")
DOCX = packed(word__document_dot_xml=b"<w/>")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "pdf"),
        (ODT, "odt"),
        (DOCX, "docx"),
        (picture(), "png"),
        (picture("JPEG"), "jpeg"),
        (picture("WEBP"), "webp"),
    ],
)
def test_what_a_file_is_is_told_by_its_content(content: bytes, kind: str) -> None:
    assert files.kind_of(content) == kind


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "empty"),
        (b"x" * (files.LARGEST + 1), "large"),
        (b"%PDF-1.7 cut", "kind"),
        (b"<html><script>alert(1)</script>", "kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "kind"),
        (b"MZ\x90\x00", "kind"),
        (b"PK\x03\x04 not really", "kind"),
        (packed(a=b"x"), "kind"),
        (packed(word__document_dot_xml=b"<w/>", word__vbaProject_dot_bin=b"x"), "kind"),
        (packed(mimetype=b"application/vnd.oasis.opendocument.tex?"), "kind"),
        (picture()[:200], "kind"),
    ],
)
def test_what_is_none_of_these_is_refused(content: bytes, fault: str) -> None:
    with pytest.raises(files.FileRefused) as refused:
        files.kind_of(content)
    assert refused.value.fault == fault


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.pdf", "a.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Pia\\Zoë.pdf", "Zoë.pdf"),
        ("a\u202efdp.exe\n", "afdp.exe"),
        ("", "file"),
        ("..", "file"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
    ],
)
def test_names_are_tidied(given: str, kept: str) -> None:
    assert files.plain_name(given) == kept


def asked(**values: Any) -> tuple[Event, int, Registration]:
    event = make_event(capacity=5)
    with atomic():
        question = asking.add_question(event.id, kind=QuestionKind.FILE, label="A letter", required=True, **values)
    return event, question.id, seat(event, "Ann")


def send(client: Any, token: str, number: int, content: bytes = PDF, name: str = "letter.html") -> Any:
    return client.post(f"/registrations/{token}/files/{number}", data={"file": (io.BytesIO(content), name)})


def stored() -> set[str]:
    return {str(path) for path in (storage.root() / "private").rglob("*") if path.is_file()}


def kept() -> Answer | None:
    db.session.rollback()
    return db.session.scalars(select(Answer)).one_or_none()


@one_engine
def test_a_file_is_asked_for_afterwards_and_only_organisers_save_it(app: Flask, cast: Cast, client_for: Any) -> None:
    event, number, ann = asked()
    client = client_for()
    form = client.get(f"/events/{event.slug}/").text
    assert "On the next page you can send us one file" in form
    assert "One file is still missing" in client.get(f"/registrations/{ann.token}/").text
    assert send(client, ann.token, number).status_code == 303
    page = client.get(f"/registrations/{ann.token}/").text
    assert "letter.html" in page
    assert "still missing" not in page
    answer = kept()
    assert answer is not None
    assert str(answer.file_key).startswith("private/")
    path = f"/manage/events/{event.id}/registrations/{ann.id}/files/{answer.id}"
    for person in (None, cast.helper, cast.parent, cast.treasurer):
        assert client_for(person).get(path).status_code in (303, 403)
    saved = client_for(cast.organiser).get(path)
    assert saved.data == PDF
    assert saved.headers["Content-Disposition"] == "attachment; filename=letter.pdf"
    assert saved.headers["X-Content-Type-Options"] == "nosniff"
    assert saved.mimetype == "application/octet-stream"
    assert "no-store" in saved.headers["Cache-Control"]
    other = make_event(title="Other", capacity=1)
    assert client_for(cast.organiser).get(path.replace(f"events/{event.id}/", f"events/{other.id}/")).status_code == 404


@one_engine
def test_a_second_file_takes_the_place_of_the_first(app: Flask, client_for: Any) -> None:
    _event, number, ann = asked()
    client = client_for()
    send(client, ann.token, number)
    first = kept()
    assert first is not None
    key = str(first.file_key)
    send(client, ann.token, number, picture(), "photo.png")
    second = kept()
    assert second is not None
    assert second.value == "photo.png"
    assert not storage.path(key).exists()
    assert storage.path(str(second.file_key)).exists()


@one_engine
def test_a_refused_file_leaves_nothing(app: Flask, client_for: Any) -> None:
    event, number, ann = asked()
    client, before = client_for(), stored()
    for content in (b"", b"MZ\x90\x00", b"x" * (files.LARGEST + 1)):
        answer = send(client, ann.token, number, content)
        assert answer.status_code == 422
        assert f'id="file-{number}-error"' in answer.text
    assert client.post(f"/registrations/{ann.token}/files/{number}", data={"file": "text"}).status_code == 422
    with atomic():
        text = asking.add_question(event.id, kind=QuestionKind.TEXT, label="A word")
    for wrong in (text.id, 999):
        assert send(client, ann.token, wrong).status_code == 404
    assert send(client, "none", number).status_code == 404
    assert kept() is None
    assert stored() == before


@one_engine
def test_a_file_is_asked_for_only_after_the_answer_that_asks_it(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=5)
    with atomic():
        first = asking.add_question(event.id, kind=QuestionKind.YES_NO, label="Do you speak?")
        asking.add_question(
            event.id, kind=QuestionKind.FILE, label="Your slides", condition_id=first.id, condition_value="yes"
        )
    ann = seat(event, "Ann")
    client, path = client_for(), f"/registrations/{ann.token}/"
    assert "Your slides" not in client.get(path).text
    client.post(f"{path}details/", data={"name": "Ann", "party": "1", f"q{first.id}": "yes"})
    assert "Your slides" in client.get(path).text


@one_engine
def test_after_the_event_nothing_is_sent(app: Flask, client_for: Any) -> None:
    event, number, ann = asked()
    with travel(event.ends_at):
        assert send(client_for(), ann.token, number).status_code == 404


@one_engine
def test_erasing_somebody_takes_their_answers_guests_and_files(app: Flask, client_for: Any) -> None:
    event, number, ann = asked()
    send(client_for(), ann.token, number)
    with atomic():
        asking.keep_guests(db.session.get_one(Registration, ann.id), ["Mia Lund"])
    answer = kept()
    assert answer is not None
    key = str(answer.file_key)
    found = privacy.export("ann@home.example")
    assert found is not None
    assert [row["value"] for row in found["answers"]] == ["letter.html"]
    assert [row["name"] for row in found["guests"]] == ["Mia Lund"]
    assert key not in str(found)
    privacy.erase("ann@home.example")
    assert kept() is None
    assert not storage.path(key).exists()
    assert event.id


@one_engine
def test_the_doctor_misses_a_lost_file(app: Flask, client_for: Any) -> None:
    _event, number, ann = asked()
    send(client_for(), ann.token, number)
    answer = kept()
    assert answer is not None
    assert [fault for what, fault in doctor.faults() if what == "files"] == []
    storage.delete(str(answer.file_key))
    assert [fault for what, fault in doctor.faults() if what == "files"] == [f"{answer.file_key} is missing"]
    with atomic():
        services.withdraw(ann.id)
