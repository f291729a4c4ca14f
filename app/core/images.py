"""Pictures: what an upload is, and the derivatives made of it. The only file that imports PIL.

A picture is decoded and encoded anew, so nothing of the file but its pixels survives: no EXIF, XMP, GPS or trailing
bytes. The colour profile is applied, the orientation is applied, then both are dropped.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Literal

import pillow_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

pillow_heif.register_heif_opener()
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
MAX_PIXELS = 60_000_000
MAX_SIDE = 12_000
SMALLEST_SIDE = 200
WIDTHS = (480, 960, 1600)
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

Reason = Literal["empty", "not_a_picture", "too_many_pixels", "too_small", "animated", "broken"]


class PictureRefused(Exception):
    """The upload cannot be used; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


@dataclass(frozen=True)
class PictureFacts:
    """Size in pixels after orientation, and the format found in the bytes (never the one of the name)."""

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
    picture, name = _open(content)
    return PictureFacts(picture.width, picture.height, name.lower())


def derivatives(content: bytes, widths: tuple[int, ...] = WIDTHS) -> list[Derivative]:
    """AVIF, WebP and JPEG of each width that the picture has (never enlarged). Raises PictureRefused."""
    picture, _ = _open(content)
    made = []
    for width in sorted({min(width, picture.width) for width in widths}):
        height = max(1, round(picture.height * width / picture.width))
        small = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        for name, options in _encodings(width).items():
            buffer = io.BytesIO()
            small.save(buffer, name, **options)
            made.append(Derivative(name.lower(), width, height, buffer.getvalue()))
    return made


def _encodings(width: int) -> dict[str, dict[str, int | bool | str]]:
    """AVIF where it pays: the small sizes that a wall shows. JPEG once, as the fall-back and for mails."""
    encodings: dict[str, dict[str, int | bool | str]] = {"WEBP": {"quality": 80, "method": 3}}
    if width <= 960:
        encodings["AVIF"] = {"quality": 62, "speed": 8}
        encodings["JPEG"] = {"quality": 82, "optimize": True, "progressive": True}
    return encodings


def _open(content: bytes) -> tuple[Image.Image, str]:
    if not content:
        raise PictureRefused("empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            _check(picture)
            name = str(picture.format)
            if name == "JPEG" and picture.width > 2 * max(WIDTHS):
                picture.draft("RGB", (max(WIDTHS), max(1, picture.height * max(WIDTHS) // picture.width)))
            picture.load()
            return _plain(picture), name
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
    if getattr(picture, "n_frames", 1) > 1 and picture.format != "HEIF":
        raise PictureRefused("animated")


def _plain(picture: Image.Image) -> Image.Image:
    """Upright sRGB pixels on white, and nothing else."""
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):
        picture = picture.point(lambda value: value / 256).convert("L") if picture.mode == "I;16" else picture
    profile = picture.info.get("icc_profile")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(ground, picture)
    if profile and picture.mode in ("RGB", "CMYK"):
        picture = _to_srgb(picture, profile)
    plain = Image.new("RGB", picture.size)
    plain.paste(picture.convert("RGB"))
    return plain


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return picture  # a damaged profile is common and harmless: the pixels stand as they are
    return converted or picture
