"""Pictures: what an upload is, and the derivatives made of it. The only file that imports PIL.

A picture is decoded and encoded anew, so nothing of the file but its pixels survives: no EXIF, XMP, GPS or trailing
bytes. The colour profile is applied, the orientation is applied, then both are dropped.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from typing import Any, Literal

import pillow_heif
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

Image.init()  # else WebP and AVIF are known only after some other picture asked for them
pillow_heif.register_heif_opener()
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
SEVERAL_IMAGES = ("MPO", "HEIF")  # a phone keeps a depth map or a burst behind the photograph: the first one counts
MAX_PIXELS = 60_000_000
MAX_SIDE = 12_000
SMALLEST_SIDE = 200
WIDTHS = (480, 960, 1600)
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
# A decoded photograph takes up to 300 MB: a folder of them, sent at once, must not take all memory.
_decoders = threading.BoundedSemaphore(2)

Reason = Literal["empty", "not_a_picture", "too_many_pixels", "too_small", "animated", "broken"]


class PictureRefused(Exception):
    """The upload cannot be used; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


@dataclass(frozen=True)
class PictureFacts:
    """Size in pixels as one looks at it, and the format found in the bytes (never the one of the name)."""

    width: int
    height: int
    format: str


@dataclass(frozen=True)
class Derivative:
    """One encoded size of a picture. `format` is webp, avif or jpeg."""

    format: str
    width: int
    height: int
    content: bytes


def inspect(content: bytes) -> PictureFacts:
    """Decode the whole picture once. Raises PictureRefused."""
    _picture, facts = _decode(content)
    return facts


def derivatives(content: bytes, widths: tuple[int, ...] = WIDTHS) -> list[Derivative]:
    """AVIF, WebP and JPEG of each width that the picture has (never enlarged). Raises PictureRefused."""
    picture, facts = _decode(content)
    small, made = _plain(picture), []
    ratio = facts.height / facts.width
    for width in sorted({min(width, small.width) for width in widths}, reverse=True):  # each size from the one above
        height = max(1, round(width * ratio))
        small = small.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        for name, options in _encodings(width).items():
            buffer = io.BytesIO()
            small.save(buffer, name, **options)
            made.append(Derivative(name.lower(), width, height, buffer.getvalue()))
    return made


def _encodings(width: int) -> dict[str, dict[str, int | bool | str]]:
    """AVIF for all; at speed 9 it costs a quarter of speed 8 and is 3% larger. The others, for older browsers and
    for mails, end at the width of a phone's screen."""
    encodings: dict[str, dict[str, int | bool | str]] = {"AVIF": {"quality": 62, "speed": 9}}
    if width <= 960:
        encodings["WEBP"] = {"quality": 80, "method": 2}
        encodings["JPEG"] = {"quality": 82, "optimize": True, "progressive": True}
    return encodings


def _decode(content: bytes) -> tuple[Image.Image, PictureFacts]:
    if not content:
        raise PictureRefused("empty")
    try:
        with _decoders:
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            _check(picture)
            width, height = picture.size if _orientation(picture) < 5 else picture.size[::-1]
            name = {"MPO": "jpeg"}.get(str(picture.format), str(picture.format).lower())
            # A large JPEG is decoded at a half or a quarter, every byte read, both sides still above what we need.
            picture.draft(None, (max(WIDTHS), max(WIDTHS)))
            picture.load()
            return _smaller(picture), PictureFacts(width, height, name)
    except PictureRefused:
        raise
    except UnidentifiedImageError as fault:
        raise PictureRefused("not_a_picture") from fault
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
        raise PictureRefused("too_many_pixels") from fault
    except Exception as fault:  # decoders raise many kinds on damaged files; all mean the same to the uploader
        raise PictureRefused("broken") from fault


def _check(picture: Image.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS or max(picture.size) > MAX_SIDE:
        raise PictureRefused("too_many_pixels")
    if min(picture.size) < SMALLEST_SIDE:
        raise PictureRefused("too_small")
    if getattr(picture, "n_frames", 1) > 1 and picture.format not in SEVERAL_IMAGES:
        raise PictureRefused("animated")


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8. Cameras write damaged EXIF; the picture is none the worse for it."""
    try:
        found = int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # any fault in a block that is dropped anyway
        return 1
    return found if 1 <= found <= 8 else 1


def _smaller(picture: Image.Image) -> Image.Image:
    """The picture in a plain mode, by a whole factor smaller when it is far larger than needed."""
    kept: dict[str | tuple[int, int], Any] = {
        "icc_profile": picture.info.get("icc_profile"),
        "orientation": _orientation(picture),
    }
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode.startswith("I"):  # 16 bits of grey
        picture = picture.point(lambda value: value * (1 / 256)).convert("L")
    elif picture.mode not in ("RGB", "L", "CMYK"):
        picture = picture.convert("RGB")
    factor = min(picture.size) // max(WIDTHS)
    picture = picture.reduce(factor) if factor > 1 else picture
    picture.info = kept
    return picture


def _plain(picture: Image.Image) -> Image.Image:
    """Upright sRGB pixels on white, and nothing else."""
    profile, turn = picture.info["icc_profile"], TURNS.get(picture.info["orientation"])
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    if profile and picture.mode != "L":
        picture = _to_srgb(picture, profile)
    picture = picture.convert("RGB")
    if turn is not None:
        picture = picture.transpose(turn)
    plain = Image.new("RGB", picture.size)
    plain.paste(picture)
    return plain


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return picture  # a damaged profile is common and harmless: the pixels stand as they are
    return converted or picture
