"""Managing galleries, labels, consents and reviews; the stranger's refusal first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.audit import AuditEntry
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.galleries import queries, services
from app.galleries.models import Artwork, Assent, Consent, Gallery, Scope, Theme
from app.partners.services import create_partner
from tests.auctions.helpers import make_auction
from tests.cast import Cast
from tests.galleries.helpers import bring, files, hang, make_gallery
from tests.nasty import NASTY_TEXTS, encodable

PAGES = ("galleries/", "galleries/new/", "galleries/{gallery}/", "galleries/{gallery}/edit/", "artworks/{work}/")
ACTIONS = (
    "galleries/new/", "galleries/{gallery}/edit/", "galleries/{gallery}/publication", "galleries/{gallery}/withdrawal",
    "galleries/{gallery}/artworks", "artworks/{work}/", "artworks/{work}/consents", "artworks/{work}/consents/withdrawal",
    "artworks/{work}/assent", "artworks/{work}/assent/withdrawal", "artworks/{work}/review", "artworks/{work}/deletion",
)  # fmt: skip


def snapshot() -> list[Any]:
    """All that managing could change."""
    db.session.rollback()
    return [
        db.session.execute(select(*model.__table__.columns).order_by(model.__table__.c.id)).all()
        for model in (Gallery, Theme, Artwork, Consent, Assent)
    ]


def test_managing_is_for_curators_and_organisers(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery = make_gallery(published=False)
    work = bring(gallery, cast)
    before = snapshot()
    for who, expected in (
        ("nobody", 303), ("stranger", 403), ("staff", 403), ("helper", 403), ("treasurer", 403), ("guardian", 403),
        ("curator", 200), ("organiser", 200), ("admin", 200),
    ):  # fmt: skip
        client = client_for(None if who == "nobody" else getattr(cast, who))
        for path in PAGES:
            assert client.get("/manage/" + path.format(gallery=gallery.id, work=work.id)).status_code == expected, path
        if expected != 200:
            for path in ACTIONS:
                answer = client.post("/manage/" + path.format(gallery=gallery.id, work=work.id), data={"title": "x"})
                assert answer.status_code == expected, (who, path)
    assert snapshot() == before


@pytest.mark.parametrize("number", ["0", "999", "99999999999999999999", "-1", "x"])
def test_what_does_not_exist_is_not_found(app: Flask, cast: Cast, client_for: Any, number: str) -> None:
    client = client_for(cast.curator)
    for path in PAGES[2:]:
        assert client.get("/manage/" + path.format(gallery=number, work=number)).status_code == 404
    for path in ACTIONS[1:]:
        assert client.post("/manage/" + path.format(gallery=number, work=number)).status_code == 404


def gallery_form(**changes: str) -> dict[str, str]:
    return {
        "title": "Three words",
        "summary": "Peace.",
        "campaign_id": "0",
        "themes": "Migration: Why?\n\nMothers",
    } | changes


def test_start_a_gallery_and_change_it(app: Flask, cast: Cast, client_for: Any) -> None:
    client = client_for(cast.curator)
    assert "No gallery yet" in client.get("/manage/galleries/").text
    answer = client.post("/manage/galleries/new/", data=gallery_form())
    gallery = db.session.scalars(select(Gallery)).one()
    assert answer.location == f"/manage/galleries/{gallery.id}/"
    assert (gallery.slug, gallery.published) == ("three-words", False)
    assert [(theme.slug, theme.description) for theme in gallery.themes] == [("migration", "Why?"), ("mothers", "")]
    assert "No picture yet" in client.get(answer.location).text
    edit = f"/manage/galleries/{gallery.id}/edit/"
    page = client.get(edit).text
    assert "Migration: Why?\nMothers</textarea>" in page
    assert 'value="Three words"' in page
    assert client.post(edit, data=gallery_form(title="Four words", themes="")).status_code == 303
    db.session.expire_all()
    assert (gallery.slug, gallery.title, gallery.themes) == ("three-words", "Four words", [])


def test_a_corrected_theme_keeps_its_pictures_and_its_address(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery = make_gallery()
    work = bring(gallery, cast, theme_slug="migration")
    client, edit = client_for(cast.curator), f"/manage/galleries/{gallery.id}/edit/"
    for themes in ("Our mothers\nMigrations", "Migrations\nOur mothers\nPlay", "Play\nMigrations"):
        assert client.post(edit, data=gallery_form(themes=themes)).status_code == 303
        db.session.expire_all()
        assert work.theme is not None
        assert (work.theme.slug, work.theme.title) == ("migration", "Migrations")
        assert [theme.title for theme in gallery.themes] == themes.split("\n")
    assert client.post(edit, data=gallery_form(themes="Play\nJoy\nHope")).status_code == 303
    assert client.post(edit, data=gallery_form(themes="Play")).status_code == 303
    db.session.expire_all()
    assert db.session.scalar(select(func.count()).select_from(Theme)) == 1


@pytest.mark.parametrize("themes", ["A\nA", "A\nA!\na", "日本\n中国", "x" * 70 + "a\n" + "x" * 70 + "b", ":\n: b\nA"])
def test_themes_of_one_name_get_addresses_of_their_own(app: Flask, cast: Cast, client_for: Any, themes: str) -> None:
    client = client_for(cast.curator)
    for _ in range(2):
        assert client.post("/manage/galleries/new/", data=gallery_form(themes=themes)).status_code == 303
    gallery = db.session.scalars(select(Gallery)).first()
    assert gallery is not None
    slugs = [theme.slug for theme in gallery.themes]
    assert len(slugs) == len(set(slugs)) == len([line for line in themes.split("\n") if line.split(":")[0].strip()])
    edit = f"/manage/galleries/{gallery.id}/edit/"
    assert client.post(edit, data=gallery_form(themes=themes + "\nA\n日本")).status_code == 303


@pytest.mark.parametrize("field", ["title", "summary", "campaign_id", "themes"])
def test_nasty_texts_in_a_gallery(app: Flask, cast: Cast, client_for: Any, field: str) -> None:
    client = client_for(cast.curator)
    for text in NASTY_TEXTS:
        answer = client.post("/manage/galleries/new/", data=gallery_form(**{field: encodable(text)}))
        assert answer.status_code in (303, 400, 413, 422), (field, text[:20])
        if answer.status_code == 422:
            assert f'id="{field}-error"' in answer.text
        if answer.status_code == 303:
            assert "<script>alert" not in client.get(answer.location).text
            assert client.get(answer.location + "edit/").status_code == 200


def test_too_many_or_too_long_themes_are_refused_beside_the_field(app: Flask, cast: Cast, client_for: Any) -> None:
    for themes in ("\n".join(f"Theme {number}" for number in range(41)), "x" * 121):
        answer = client_for(cast.curator).post("/manage/galleries/new/", data=gallery_form(themes=themes))
        assert answer.status_code == 422
        assert 'id="themes-error"' in answer.text
        assert themes[-9:] in answer.text
    assert db.session.scalar(select(func.count()).select_from(Gallery)) == 0


def test_open_to_the_public_and_close_again(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery = make_gallery(published=False)
    client = client_for(cast.organiser)
    for action, status in (("publication", 200), ("withdrawal", 404), ("publication", 200)):
        assert client.post(f"/manage/galleries/{gallery.id}/{action}").status_code == 303
        assert client_for().get(f"/galleries/{gallery.slug}/").status_code == status


def test_what_lacks_something_stands_first_with_what_it_lacks(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery = make_gallery()
    done = hang(gallery, cast, 1)
    waiting = bring(gallery, cast, 2, alt="")
    page = client_for(cast.curator).get(f"/manage/galleries/{gallery.id}/").text
    assert page.index(waiting.title) < page.index(done.title)
    row = page[page.index(waiting.title) : page.index(done.title)]
    for words in ("consent for the web", "own yes", "cannot see it", "second person", "being prepared"):
        assert words in row
    assert "Hangs in public" in page[page.index(done.title) :]


# --- one artwork -----------------------------------------------------------------------------------------------------


def label(**changes: str) -> dict[str, str]:
    return {
        "title": "Three boats", "artist": "Mina", "age_band": "8–10", "theme_id": "0", "school_id": "0", "medium": "Crayon",
        "size": "A3", "caption": "We came by boat.", "alt": "Three boats at sea",
    } | changes  # fmt: skip


def test_a_label_is_written(app: Flask, cast: Cast, client_for: Any) -> None:
    with atomic():
        school = create_partner(name="Lakeside School", kind="school")
        ngo = create_partner(name="Passerelle", kind="ngo")
    work = bring(make_gallery(), cast)
    theme = work.gallery.themes[1]
    client, path = client_for(cast.curator), f"/manage/artworks/{work.id}/"
    page = client.get(path).text
    assert "Lakeside School" in page
    assert "Passerelle" not in page
    answer = client.post(path, data=label(theme_id=str(theme.id), school_id=str(school.id)))
    assert (answer.status_code, answer.location) == (303, path)
    db.session.expire_all()
    assert (work.title, work.theme_id, work.school_id, work.age_band) == ("Three boats", theme.id, school.id, "8–10")
    other = make_gallery("Elsewhere").themes[0]
    for field, value in (("school_id", ngo.id), ("school_id", 999), ("theme_id", other.id), ("age_band", "9")):
        refused = client.post(path, data=label(**{field: str(value)}))
        assert refused.status_code == 422
        assert f'id="{field}-error"' in refused.text


@pytest.mark.parametrize("field", list(label()))
def test_nasty_texts_in_a_label(app: Flask, cast: Cast, client_for: Any, field: str) -> None:
    work = hang(make_gallery(), cast)
    client, path = client_for(cast.organiser), f"/manage/artworks/{work.id}/"
    for text in NASTY_TEXTS:
        answer = client.post(path, data=label(**{field: encodable(text)}))
        assert answer.status_code in (303, 400, 413, 422), (field, text[:20])
        if answer.status_code == 422:
            assert f'id="{field}-error"' in answer.text
            assert len(text) > 500 or field == "title" or 'value="Three boats"' in answer.text
        assert "<script>alert" not in client.get(path).text
    for required in ("title", "alt"):
        assert client.post(path, data=label(**{required: "  "})).status_code == 422


@pytest.mark.parametrize("artist", ["Mina Muster", "mina muster", "Muster, Mina"])
def test_a_full_name_is_refused_beside_its_field(app: Flask, cast: Cast, client_for: Any, artist: str) -> None:
    work = bring(make_gallery(), cast)
    before = snapshot()
    answer = client_for(cast.curator).post(f"/manage/artworks/{work.id}/", data=label(artist=artist))
    assert answer.status_code == 422
    assert "full name is never published" in answer.text
    assert f'value="{artist}"' in answer.text
    assert snapshot() == before


def consent(**changes: Any) -> dict[str, Any]:
    return {
        "guardian": "Gwen Guardian", "text_version": "2006-1", "given_on": "2006-03-01", "scopes": ["web", "print"],
    } | changes  # fmt: skip


def test_consents_assent_and_review_by_the_pages(app: Flask, cast: Cast, client_for: Any) -> None:
    work = bring(make_gallery(), cast)
    path = f"/manage/artworks/{work.id}/"
    curator, second = client_for(cast.curator), client_for(cast.second_curator)
    assert curator.post(path + "consents", data=consent()).location == path
    rows = db.session.scalars(select(Consent).order_by(Consent.id)).all()
    assert [(row.scope, row.guardian, row.text_version, row.recorded_by) for row in rows] == [
        (scope, "Gwen Guardian", "2006-1", cast.curator.id) for scope in (Scope.WEB, Scope.PRINT)
    ]
    assert rows[0].given_at.date().isoformat() == "2006-03-01"
    assert curator.post(path + "assent").location == path
    assert "ask a colleague" in curator.get(path).text
    assert curator.post(path + "review").status_code == 303
    assert "ask a colleague" in curator.get(path).text
    db.session.expire_all()
    assert work.reviewed_at is None
    assert "It may be shown" in second.get(path).text
    assert second.post(path + "review").status_code == 303
    assert second.post(path + "review").status_code == 303
    db.session.expire_all()
    assert work.reviewed_by == cast.second_curator.id
    assert curator.post(path + "consents/withdrawal", data={"scope": "web"}).status_code == 303
    assert queries.facts_of(db.session.get_one(Artwork, work.id)).consents == {"print"}
    assert curator.post(path + "consents/withdrawal", data={"scope": "everything"}).status_code == 400
    assert curator.post(path + "consents/withdrawal").status_code == 303
    assert curator.post(path + "assent/withdrawal").status_code == 303
    db.session.expire_all()
    facts = queries.facts_of(db.session.get_one(Artwork, work.id))
    assert (facts.consents, facts.assent) == (frozenset(), False)
    actions = list(
        db.session.scalars(
            select(AuditEntry.action).where(AuditEntry.subject_kind == "artwork").order_by(AuditEntry.id)
        )
    )
    assert actions == [
        "add artwork", "record consent", "record assent", "review artwork", "withdraw consent", "withdraw consent",
        "withdraw assent",
    ]  # fmt: skip


@pytest.mark.parametrize("field", ["guardian", "text_version", "given_on", "scopes"])
def test_nasty_texts_in_a_consent(app: Flask, cast: Cast, client_for: Any, field: str) -> None:
    work = bring(make_gallery(), cast)
    client, path = client_for(cast.curator), f"/manage/artworks/{work.id}/"
    wrong = [
        *NASTY_TEXTS,
        "2006-02-30",
        "1890-01-01",
        "9999-12-31",
        "0000-00-00",
        (now() + timedelta(days=3)).date().isoformat(),
    ]
    for text in wrong:
        answer = client.post(path + "consents", data=consent(**{field: encodable(text)}))
        assert answer.status_code in (303, 400, 413, 422), (field, text[:20])
        if answer.status_code == 422:
            assert f'id="{field}-error"' in answer.text
            assert "<details open>" in answer.text
        assert answer.status_code != 303 or field in ("guardian", "text_version")
        assert "<script>alert" not in client.get(path).text
    for missing in consent():
        data = {name: value for name, value in consent().items() if name != missing}
        assert client.post(path + "consents", data=data).status_code == 422


def test_a_consent_signed_today_is_given_now_and_not_at_noon(app: Flask, cast: Cast, client_for: Any) -> None:
    work = bring(make_gallery(), cast)
    morning = now().replace(hour=8, minute=0, second=0, microsecond=0)
    with clock.travel(morning):
        client_for(cast.curator).post(
            f"/manage/artworks/{work.id}/consents", data=consent(given_on=morning.date().isoformat())
        )
    assert set(db.session.scalars(select(Consent.given_at))) == {morning}


# --- deletion --------------------------------------------------------------------------------------------------------


def test_a_deleted_picture_leaves_no_file(app: Flask, cast: Cast, client_for: Any) -> None:
    gallery = make_gallery()
    before = files()
    keep, work = hang(gallery, cast, 1), hang(gallery, cast, 2)
    kept = {keep.original, *(image.key for image in keep.derivatives)}
    number, path = work.number, f"/manage/artworks/{work.id}/deletion"
    answer = client_for(cast.curator).post(path)
    assert answer.location == f"/manage/galleries/{gallery.id}/"
    assert files() - before == kept
    db.session.expire_all()
    assert list(db.session.scalars(select(Artwork.id))) == [keep.id]
    assert set(db.session.scalars(select(Consent.artwork_id))) == {keep.id}
    assert client_for(cast.curator).post(path).status_code == 404
    assert client_for().get(f"/galleries/{gallery.slug}/artworks/{number}/").status_code == 404


def test_a_picture_in_an_auction_stays(app: Flask, cast: Cast, client_for: Any) -> None:
    make_auction()
    work = db.session.scalars(select(Artwork)).one()
    before, stored = snapshot(), files()
    client = client_for(cast.curator)
    answer = client.post(f"/manage/artworks/{work.id}/deletion")
    assert answer.location == f"/manage/artworks/{work.id}/"
    assert "Withdraw its consents to hide it" in client.get(answer.location).text
    assert snapshot() == before
    assert files() == stored


def test_services_say_when_there_is_nothing(app: Flask, cast: Cast) -> None:
    for command in (
        lambda: services.review(999, 1),
        lambda: services.give_assent(999, 1),
        lambda: services.give_consent(999, [Scope.WEB], "G", "1", 1),
        lambda: services.withdraw_consent(999, None, 1),
        lambda: services.delete_artwork(999, 1),
        lambda: services.update_artwork(999, actor_id=1),
        lambda: services.publish(999, published=True, actor_id=1),
    ):
        with pytest.raises(LookupError), atomic():
            command()
