"""Nothing of a child is public without consent, assent and review, whatever door was used; and no longer than they last."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.galleries import queries, rules, services
from app.galleries.models import Artwork, ArtworkImage, Assent, Consent, Gallery, Scope
from app.galleries.rules import Missing
from tests.cast import Cast
from tests.galleries.helpers import bring, derive, hang, make_gallery

# what may be recorded of one kind of yes: never given, given, taken back, taken back and given again
HISTORIES = ("never", "live", "withdrawn", "renewed")


def records(model: Any, history: str, **values: Any) -> list[Any]:
    at = now()
    old = model(given_at=at, withdrawn_at=at, **values)
    new = model(given_at=at, **values)
    return {"never": [], "live": [new], "withdrawn": [old], "renewed": [old, new]}[history]


def consents(history: str, scope: Scope) -> list[Consent]:
    return records(Consent, history, scope=scope, guardian="Gwen", text_version="1")


def test_rules_and_sql_agree_on_every_combination(app: Flask) -> None:
    """Rows put in by hand, in every combination of what decides: the words and the query say the same."""
    at = now()
    with atomic():
        galleries = {
            published: Gallery(slug=f"g{published}", title="G", published=published, created_at=at)
            for published in (True, False)
        }
        combinations = product(
            (True, False),
            HISTORIES,
            HISTORIES,
            ("never", "live", "withdrawn"),
            (True, False),
            (True, False),
            (True, False),
        )
        for number, (published, web, assent, auction, reviewed, derived, described) in enumerate(combinations, 1):
            artwork = Artwork(
                gallery=galleries[published], number=number, title="T", original=f"private/aa/{number}.png",
                digest=str(number), width=300, height=300, created_at=at, alt="What it shows" if described else "",
                reviewed_at=at if reviewed else None,
            )  # fmt: skip
            artwork.consents = [*consents(web, Scope.WEB), *consents(auction, Scope.AUCTION)]
            artwork.assents = records(Assent, assent)
            if derived:
                artwork.derivatives = [
                    ArtworkImage(format="jpeg", width=300, height=300, key=f"public/aa/aa{number}.jpeg")
                ]
            db.session.add(artwork)
    everything = [item for gallery in galleries.values() for item in queries.managed_artworks(gallery.id)]
    facts = {item.id: queries.facts_of(item) for item in everything}
    public = {item for item, known in facts.items() if not rules.missing(known, Scope.WEB)}
    sold = {item for item in public if not rules.missing(facts[item], Scope.AUCTION)}
    assert len(facts) == 2 * 4 * 4 * 3 * 2 * 2 * 2
    assert len(public) == 2 * 2 * 3
    assert len(sold) == 2 * 2
    assert set(db.session.scalars(queries.visible_artworks().with_only_columns(Artwork.id))) == public
    assert set(queries.auctionable_ids(list(facts))) == sold
    assert set(queries.pictures_for(list(facts))) == public
    assert {item.artwork.id for gallery in galleries.values() for item in queries.hung_in(gallery)} == public
    for image in db.session.scalars(select(ArtworkImage)):
        file = queries.media_file(image.key.rsplit("/", 1)[-1])
        assert file is not None
        assert file.public is (image.artwork_id in public)


def doors(work: Artwork) -> list[str]:
    """Every address at which a picture may be seen."""
    keys = db.session.scalars(select(ArtworkImage.key).where(ArtworkImage.artwork_id == work.id))
    return [
        f"/galleries/{work.gallery.slug}/artworks/{work.number}/",
        *(f"/media/{key.rsplit('/', 1)[-1]}" for key in keys),
    ]


def shown(client: Any, work: Artwork) -> bool:
    """Whether a visitor sees it; every door must say the same."""
    wall = client.get(f"/galleries/{work.gallery.slug}/").text
    answers = {client.get(path, buffered=True).status_code == 200 for path in doors(work)}
    answers |= {work.title in wall, work.number in [item.artwork.number for item in queries.hung_in(work.gallery)]}
    assert len(answers) == 1, answers
    return answers.pop()


def test_new_work_is_private_until_the_last_yes(app: Flask, cast: Cast, client_for: Any) -> None:
    work = bring(make_gallery(), cast)
    derive()
    anybody = client_for()
    assert not shown(anybody, work)
    for step in (
        lambda: services.give_consent(work.id, [Scope.WEB], "Gwen", "1", cast.curator.id),
        lambda: services.give_assent(work.id, cast.curator.id),
        lambda: services.review(work.id, cast.second_curator.id),
    ):
        assert not shown(anybody, work)
        with atomic():
            step()
    assert shown(anybody, work)


@pytest.mark.parametrize(
    "withdraw",
    [
        lambda work: services.withdraw_consent(work.id, [Scope.WEB], None),
        lambda work: services.withdraw_consent(work.id, None, None),
        lambda work: services.withdraw_assent(work.id, None),
        lambda work: services.publish(work.gallery_id, published=False, actor_id=None),
        lambda work: services.update_artwork(work.id, actor_id=1, caption="Changed"),
        lambda work: services.update_artwork(work.id, actor_id=1, artist="Mina K."),
        lambda work: db.session.execute(update(Consent).values(withdrawn_at=now())),
        lambda work: db.session.execute(text("DELETE FROM assent")),
    ],
    ids=["web", "all", "assent", "gallery", "label", "name", "console", "console-delete"],
)
def test_a_yes_taken_back_hides_every_door_at_once(app: Flask, cast: Cast, client_for: Any, withdraw: Any) -> None:
    gallery = make_gallery()
    before, work, after = (hang(gallery, cast, shade) for shade in range(3))
    anybody = client_for()
    paths = doors(work)
    assert shown(anybody, work)
    neighbours = anybody.get(doors(before)[0]).text
    assert f'rel="next" href="{paths[0]}"' in neighbours
    kept = anybody.get(paths[1], buffered=True)
    with atomic():
        withdraw(work)
    for path in paths:
        answer = anybody.get(path, headers={"If-None-Match": kept.headers["ETag"]}, buffered=True)
        assert answer.status_code == 404, path
        assert work.title not in answer.text
    wall = anybody.get(f"/galleries/{gallery.slug}/")
    assert work.title not in wall.text
    for other in (before, after):
        page = anybody.get(doors(other)[0])
        assert paths[0] not in page.text
        assert work.title not in page.text
    assert queries.mail_image_url(work.id) is None
    assert queries.pictures_for([work.id]) == {}


def test_other_consents_withdrawn_leave_it_on_the_web(app: Flask, cast: Cast, client_for: Any) -> None:
    work = hang(make_gallery(), cast)
    with atomic():
        services.withdraw_consent(work.id, [Scope.AUCTION, Scope.PRINT], None)
    assert shown(client_for(), work)
    assert queries.auctionable_ids([work.id]) == []


def test_consent_given_again_brings_it_back(app: Flask, cast: Cast, client_for: Any) -> None:
    work = hang(make_gallery(), cast)
    with atomic():
        services.withdraw_consent(work.id, None, None)
    with atomic():
        services.give_consent(work.id, [Scope.WEB], "Gwen", "2", None)
    assert shown(client_for(), work)
    assert [consent.withdrawn_at is None for consent in work.consents if consent.scope == Scope.WEB] == [False, True]


def test_nobody_reviews_their_own_not_even_an_admin(app: Flask, cast: Cast) -> None:
    work = bring(make_gallery(), cast, uploaded_by=cast.admin.id)
    with pytest.raises(services.SecondPersonNeeded), atomic():
        services.review(work.id, cast.admin.id)
    with pytest.raises(IntegrityError), atomic():  # at the console
        db.session.execute(update(Artwork).values(reviewed_by=cast.admin.id, reviewed_at=now()))
    with pytest.raises(IntegrityError), atomic():
        db.session.execute(update(Artwork).values(reviewed_by=cast.curator.id))
    db.session.rollback()
    assert db.session.scalars(select(Artwork.reviewed_at)).one() is None


def test_whoever_changes_a_label_needs_another_to_look(app: Flask, cast: Cast) -> None:
    work = hang(make_gallery(), cast)
    with atomic():
        services.update_artwork(work.id, actor_id=cast.second_curator.id, caption="Other words")
    with pytest.raises(services.SecondPersonNeeded), atomic():
        services.review(work.id, cast.second_curator.id)
    with atomic():
        services.review(work.id, cast.curator.id)
    assert queries.facts_of(db.session.get_one(Artwork, work.id)).reviewed


def test_a_change_that_no_reviewer_cares_for_keeps_the_review(app: Flask, cast: Cast) -> None:
    work = hang(make_gallery(), cast)
    with atomic():
        services.update_artwork(work.id, actor_id=cast.second_curator.id, medium="Crayon", title=work.title)
    assert queries.facts_of(db.session.get_one(Artwork, work.id)).reviewed


@pytest.mark.parametrize("artist", ["Mina Muster", "mina muster", "Mina_Muster"])
def test_no_door_takes_a_full_name(app: Flask, cast: Cast, artist: str) -> None:
    gallery = make_gallery()
    with pytest.raises(services.FullName):
        bring(gallery, cast, artist=artist)
    work = bring(gallery, cast)
    with pytest.raises(services.FullName), atomic():
        services.update_artwork(work.id, actor_id=cast.curator.id, artist=artist)
    with pytest.raises(services.NotABand), atomic():
        services.update_artwork(work.id, actor_id=cast.curator.id, age_band="11")
    db.session.rollback()
    assert db.session.execute(select(Artwork.artist, Artwork.age_band)).all() == [("Mina", "11–13")]


def test_what_is_missing_is_said_before_the_picture_is_ready(app: Flask, cast: Cast) -> None:
    work = bring(make_gallery(published=False), cast, alt="")
    assert rules.missing(queries.facts_of(work), Scope.WEB) == list(Missing)


def test_a_consent_dated_earlier_counts(app: Flask, cast: Cast, client_for: Any) -> None:
    work = bring(make_gallery(), cast)
    derive()
    with atomic():
        services.give_consent(work.id, [Scope.WEB], "Gwen", "1", None, now() - timedelta(days=30))
        services.give_consent(work.id, [Scope.WEB], "Gwen", "1", None)
        services.give_assent(work.id, None)
        services.give_assent(work.id, None)
        services.review(work.id, cast.organiser.id)
    assert shown(client_for(), work)
    db.session.expire_all()
    assert (len(work.consents), len(work.assents)) == (1, 1)
