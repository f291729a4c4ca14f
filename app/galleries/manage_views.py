"""Managing pages of galleries: upload, label, consent, review."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.core import storage
from app.core.database import db
from app.core.images import PictureRefused, Reason
from app.core.transactions import atomic, retried
from app.events.queries import campaign_choices
from app.galleries import queries, rules, services
from app.galleries.forms import SCOPES, ArtworkForm, ConsentForm, GalleryForm, UploadForm
from app.galleries.models import Artwork, Gallery, Scope
from app.galleries.rules import Missing
from app.partners.models import PartnerKind
from app.partners.queries import partner_choices
from app.web.access import roles
from app.web.forms import choices

blueprint = Blueprint("manage_galleries", __name__)
GALLERY = "/manage/galleries/<int(max=2147483647):gallery_id>"
ARTWORK = "/manage/artworks/<int(max=2147483647):artwork_id>"
TEAM = ("curator", "organiser")


@blueprint.get("/manage/galleries/")
@roles(*TEAM)
def index() -> str:
    """All galleries."""
    return render_template("galleries/manage/index.html", galleries=queries.managed_galleries())


@blueprint.route("/manage/galleries/new/", methods=["GET", "POST"])
@roles(*TEAM)
def add() -> Any:
    """Start a gallery."""
    form = _form(GalleryForm())
    if form.validate_on_submit():
        with atomic():
            gallery = services.create_gallery(themes=form.theme_rows(), actor_id=current_user.id, **_words(form))
        flash(_("The gallery stands. Now bring the pictures."), "success")
        return redirect(url_for("manage_galleries.page", gallery_id=gallery.id), 303)
    return render_template("galleries/manage/edit.html", form=form, gallery=None), 422 if form.errors else 200


@blueprint.route(f"{GALLERY}/edit/", methods=["GET", "POST"])
@roles(*TEAM)
def edit(gallery_id: int) -> Any:
    """Change a gallery's words and themes."""
    gallery = _gallery(gallery_id)
    lines = "\n".join(f"{item.title}: {item.description}".rstrip(": ") for item in gallery.themes)
    facts = {
        "title": gallery.title,
        "summary": gallery.summary,
        "campaign_id": gallery.campaign_id or 0,
        "themes": lines,
    }
    form = _form(GalleryForm(data=facts))
    if form.validate_on_submit():
        with atomic():
            services.update_gallery(gallery_id, actor_id=current_user.id, themes=form.theme_rows(), **_words(form))
        flash(_("Kept."), "success")
        return redirect(url_for("manage_galleries.page", gallery_id=gallery_id), 303)
    return render_template("galleries/manage/edit.html", form=form, gallery=gallery), 422 if form.errors else 200


def _form(form: GalleryForm) -> GalleryForm:
    form.campaign_id.choices = choices([(0, _("None")), *campaign_choices()])
    return form


def _words(form: GalleryForm) -> dict[str, Any]:
    return {"title": form.title.data, "summary": form.summary.data, "campaign_id": form.campaign_id.data or None}


@blueprint.get(f"{GALLERY}/")
@roles(*TEAM)
def page(gallery_id: int) -> Any:
    """A gallery's artworks, those that still lack something first."""
    return _page(_gallery(gallery_id), UploadForm(formdata=None), [])


def _page(gallery: Gallery, form: UploadForm, results: list[tuple[str, str, str]]) -> Any:
    rows = [(item, rules.missing(queries.facts_of(item), "web")) for item in queries.managed_artworks(gallery.id)]
    html = render_template(
        "galleries/manage/page.html",
        gallery=gallery,
        form=form,
        results=results,
        rows=sorted(rows, key=lambda row: not row[1]),
        pictures=queries.pictures_for([item.id for item, _missing in rows], hidden=True),
        missing_words=_missing_words(),
    )
    return html, 422 if form.errors else 200


def _missing_words() -> dict[Missing, str]:
    return {
        Missing.CONSENT: _("guardian’s consent for the web"),
        Missing.ASSENT: _("the pupil’s own yes"),
        Missing.LABEL: _("a description for those who cannot see it"),
        Missing.REVIEW: _("a second person’s look"),
        Missing.PICTURE: _("the picture is being prepared"),
        Missing.GALLERY: _("the gallery is not public"),
    }


@blueprint.post(f"{GALLERY}/publication")
@roles(*TEAM)
def publish(gallery_id: int) -> Any:
    """Open the gallery to the public."""
    return _set_published(gallery_id, published=True)


@blueprint.post(f"{GALLERY}/withdrawal")
@roles(*TEAM)
def withdraw(gallery_id: int) -> Any:
    """Close the gallery to the public."""
    return _set_published(gallery_id, published=False)


def _set_published(gallery_id: int, *, published: bool) -> Any:
    _gallery(gallery_id)
    with atomic():
        services.publish(gallery_id, published=published, actor_id=current_user.id)
    return redirect(url_for("manage_galleries.page", gallery_id=gallery_id), 303)


@blueprint.post(f"{GALLERY}/artworks")
@roles(*TEAM)
def upload(gallery_id: int) -> Any:
    """Take several photographs; each is told by itself what became of it."""
    gallery, form = _gallery(gallery_id), UploadForm()
    if not form.validate():
        return _page(gallery, form, [])
    results = []
    for file in form.files.data:
        file.stream.seek(0)  # the request may run a second time, when the database was busy
        name = (file.filename or "").replace("\\", "/").rsplit("/", 1)[-1][-120:] or _("Unnamed")
        results.append((name, *_take(gallery_id, name, file.read())))
    return _page(_gallery(gallery_id), UploadForm(formdata=None), results)


def _take(gallery_id: int, name: str, content: bytes) -> tuple[str, str]:
    title = "".join(sign for sign in name.rsplit(".", 1)[0] if sign.isprintable()).strip()[:120] or _("Untitled")
    try:
        original = services.keep_original(content)
    except PictureRefused as refusal:
        return "warning", _refusal(refusal.reason)
    try:
        number = retried(lambda: _hang(gallery_id, original, name, title))
    except services.AlreadyThere as there:
        return "info", _("Hangs here already, as number %(number)s.", number=there.number)
    except BaseException:
        storage.delete(original.key)
        raise
    return "success", _("Added as number %(number)s.", number=number)


def _hang(gallery_id: int, original: services.Original, name: str, title: str) -> int:
    with atomic():
        return services.add_artwork(gallery_id, original, name, title=title, uploaded_by=current_user.id).number


def _refusal(reason: Reason) -> str:
    words: dict[Reason, str] = {
        "empty": _("The file is empty."),
        "not_a_picture": _("This is not a picture we can read. Send JPEG, PNG, WebP, HEIC or AVIF."),
        "too_many_pixels": _("The picture is too large: at most 12,000 pixels a side and 60 million in all."),
        "too_small": _("The picture is too small to show: 200 pixels a side at least."),
        "animated": _("Moving pictures cannot be hung."),
        "broken": _("The file is damaged. Try to export it again."),
    }
    return words[reason]


@blueprint.route(f"{ARTWORK}/", methods=["GET", "POST"])
@roles(*TEAM)
def artwork(artwork_id: int) -> Any:
    """One artwork: its label, its consents, its review."""
    found = _artwork(artwork_id)
    form = _label_form(found)
    if form.validate_on_submit():
        values = {field.name: field.data for field in form if field.name != "csrf_token"}
        values |= {"theme_id": values["theme_id"] or None, "school_id": values["school_id"] or None}
        with atomic():
            services.update_artwork(artwork_id, actor_id=current_user.id, **values)
        return _back(artwork_id, _("Kept. A second person looks at it again before it is shown."))
    return _artwork_page(_artwork(artwork_id), form, ConsentForm(formdata=None))


def _label_form(found: Artwork, **options: Any) -> ArtworkForm:
    form = ArtworkForm(obj=found, **options)
    form.theme_id.choices = choices([(0, "–"), *((item.id, item.title) for item in found.gallery.themes)])
    form.school_id.choices = choices([(0, "–"), *partner_choices(PartnerKind.SCHOOL)])
    return form


def _artwork_page(found: Artwork, form: ArtworkForm, consent: ConsentForm) -> Any:
    html = render_template(
        "galleries/manage/artwork.html",
        work=found,
        form=form,
        consent=consent,
        scopes=SCOPES,
        missing=rules.missing(queries.facts_of(found), "web"),
        missing_words=_missing_words(),
        picture=queries.pictures_for([found.id], hidden=True).get(found.id),
        own=found.uploaded_by == current_user.id,
    )
    return html, 422 if form.errors or consent.errors else 200


@blueprint.post(f"{ARTWORK}/consents")
@roles(*TEAM)
def give_consent(artwork_id: int) -> Any:
    """Record a guardian's consent."""
    found, form = _artwork(artwork_id), ConsentForm()
    if not form.validate():
        return _artwork_page(found, _label_form(found, formdata=None), form)
    with atomic():
        services.give_consent(
            artwork_id, form.scopes.data, form.guardian.data, form.text_version.data, current_user.id, form.given_at
        )
    return _back(artwork_id, _("Consent recorded."))


@blueprint.post(f"{ARTWORK}/consents/withdrawal")
@roles(*TEAM)
def withdraw_consent(artwork_id: int) -> Any:
    """A guardian takes a consent back, for one use or for all."""
    _artwork(artwork_id)
    scope = request.form.get("scope", "")
    if scope and scope not in set(Scope):
        abort(400)
    with atomic():
        services.withdraw_consent(artwork_id, [scope] if scope else None, current_user.id)
    return _back(artwork_id, _("Consent withdrawn. What depended on it is hidden."))


@blueprint.post(f"{ARTWORK}/assent")
@roles(*TEAM)
def give_assent(artwork_id: int) -> Any:
    """Record the pupil's own yes."""
    _artwork(artwork_id)
    with atomic():
        services.give_assent(artwork_id, current_user.id)
    return _back(artwork_id, _("The pupil’s yes is recorded."))


@blueprint.post(f"{ARTWORK}/assent/withdrawal")
@roles(*TEAM)
def withdraw_assent(artwork_id: int) -> Any:
    """The pupil says no after all."""
    _artwork(artwork_id)
    with atomic():
        services.withdraw_assent(artwork_id, current_user.id)
    return _back(artwork_id, _("The picture is hidden, as its artist wishes."))


@blueprint.post(f"{ARTWORK}/review")
@roles(*TEAM)
def review(artwork_id: int) -> Any:
    """A second person approves."""
    _artwork(artwork_id)
    try:
        with atomic():
            services.review(artwork_id, current_user.id)
    except services.SecondPersonNeeded:
        return _back(artwork_id, _("You brought or changed this picture: ask a colleague to look at it."), "warning")
    return _back(artwork_id, _("Reviewed."))


@blueprint.post(f"{ARTWORK}/deletion")
@roles(*TEAM)
def delete(artwork_id: int) -> Any:
    """Forget an artwork and its files, unless an auction needs its record."""
    gallery_id = _artwork(artwork_id).gallery_id
    try:
        with atomic():
            keys = services.delete_artwork(artwork_id, current_user.id)
    except services.StillSold:
        return _back(
            artwork_id,
            _("This picture is in an auction, so its record stays. Withdraw its consents to hide it."),
            "warning",
        )
    for key in keys:
        storage.delete(key)
    flash(_("The picture and its files are deleted."), "success")
    return redirect(url_for("manage_galleries.page", gallery_id=gallery_id), 303)


def _back(artwork_id: int, words: str, kind: str = "success") -> Any:
    flash(words, kind)
    return redirect(url_for("manage_galleries.artwork", artwork_id=artwork_id), 303)


def _gallery(gallery_id: int) -> Gallery:
    return db.session.get(Gallery, gallery_id) or abort(404)


def _artwork(artwork_id: int) -> Artwork:
    return db.session.get(Artwork, artwork_id) or abort(404)
