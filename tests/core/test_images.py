"""Uploads as they come: every kind that phones, scanners and mischief send, made byte by byte."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from app.core.images import Derivative, PictureRefused, derivatives, inspect

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 160, 60), (30, 60, 200), (255, 255, 255)
SECRET = b"GPS-46.2044N-6.1432E"


def drawing(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """Four fields, so that a turn or a mirror shows: red, green over blue, white."""
    picture = Image.new("RGB", (width, height), RED)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((width // 2, 0, width, height // 2), GREEN)
    pen.rectangle((0, height // 2, width // 2, height), BLUE)
    pen.rectangle((width // 2, height // 2, width, height), WHITE)
    return picture.convert(mode)


def encoded(picture: Image.Image, name: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, name, **options)
    return buffer.getvalue()


def opened(made: Derivative) -> Image.Image:
    return Image.open(io.BytesIO(made.content)).convert("RGB")


def corners(picture: Image.Image) -> list[Any]:
    """Colours near the four corners: upper left, upper right, lower left, lower right."""
    width, height = picture.size
    points = ((0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9))
    return [picture.getpixel((int(width * x), int(height * y))) for x, y in points]


def near(found: Any, wanted: tuple[int, int, int], tolerance: int = 24) -> bool:
    return all(abs(one - two) <= tolerance for one, two in zip(found, wanted, strict=True))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, depth: int = 8, colour: int = 2, data: bytes | None = None) -> bytes:
    """A PNG by hand: also one whose head promises far more pixels than its body holds."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(data or b"\0" * 100)) + chunk(b"IEND", b"")


def moving_webp(frames: int) -> bytes:
    return encoded(
        Image.new("RGB", (200, 200), RED), "WEBP", save_all=True,
        append_images=[Image.new("RGB", (200, 200), (index % 256, index // 256, 0)) for index in range(frames - 1)],
    )  # fmt: skip


def moving_png(frames: int) -> bytes:
    """An animated PNG whose frames are written without encoding each."""
    still = png_of(200, 200, data=b"".join(b"\0" + b"\xff\0\0" * 200 for _ in range(200)))
    body = zlib.compress(b"\0\0\xff\0")
    parts, sequence = [still[:33], chunk(b"acTL", struct.pack(">II", frames, 0))], 0
    for index in range(frames):
        size = (200, 200) if index == 0 else (1, 1)
        parts.append(chunk(b"fcTL", struct.pack(">IIIIIHHBB", sequence, *size, 0, 0, 1, 10, 0, 0)))
        sequence += 1
        if index:
            parts.append(chunk(b"fdAT", struct.pack(">I", sequence) + body))
            sequence += 1
        else:
            parts.append(still[33:-12])
    return b"".join([*parts, still[-12:]])


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><script>alert(1)</script></html>" * 20
TIFF = encoded(drawing(), "TIFF")
GIF = encoded(drawing(), "GIF")
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 640 480\n(%pipe%touch /tmp/x) (w) file\n"
JPEG, PNG, WEBP = (encoded(drawing(), name) for name in ("JPEG", "PNG", "WEBP"))
AVIF, HEIC = encoded(drawing(), "AVIF", speed=10), encoded(drawing(), "HEIF")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: b"", "empty"),
        (lambda: b"\0" * 5000, "not_a_picture"),
        (lambda: SVG, "not_a_picture"),
        (lambda: b'<?xml version="1.0"?>' + SVG, "not_a_picture"),
        (lambda: HTML, "not_a_picture"),
        (lambda: TIFF, "not_a_picture"),
        (lambda: GIF, "not_a_picture"),
        (lambda: b"GIF89a" + HTML, "not_a_picture"),
        (lambda: EPS, "not_a_picture"),
        (lambda: b"%PDF-1.7\n", "not_a_picture"),
        (lambda: b"PK\x03\x04" + b"\0" * 4000, "not_a_picture"),
        (lambda: JPEG[: len(JPEG) // 2], "broken"),
        (lambda: PNG[: len(PNG) // 2], "broken"),
        (lambda: png_of(400, 400), "broken"),
        (lambda: encoded(Image.new("1", (14_000, 14_000)), "PNG"), "too_many_pixels"),
        (lambda: png_of(14_000, 14_000), "too_many_pixels"),
        (lambda: png_of(2**31 - 1, 2**31 - 1), "too_many_pixels"),
        (lambda: png_of(60_000, 300), "too_many_pixels"),
        (lambda: png_of(8_000, 8_000), "too_many_pixels"),
        (lambda: encoded(drawing(300, 120), "PNG"), "too_small"),
        (lambda: encoded(drawing(1, 1), "PNG"), "too_small"),
        (lambda: moving_png(3000), "animated"),
        (lambda: moving_webp(2000), "animated"),
        (lambda: encoded(drawing(), "AVIF", save_all=True, append_images=[drawing(mode="L").convert("RGB")], speed=10),
         "animated"),
    ],
)  # fmt: skip
def test_what_cannot_hang_is_refused_with_its_reason(make: Callable[[], bytes], reason: str) -> None:
    content = make()
    for command in (inspect, derivatives):
        with pytest.raises(PictureRefused) as refusal:
            command(content)
        assert refusal.value.reason == reason


@pytest.mark.parametrize("cut", [0.02, 0.1, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("content", [JPEG, PNG, WEBP, AVIF, HEIC], ids=["jpeg", "png", "webp", "avif", "heic"])
def test_a_file_cut_anywhere_is_refused(content: bytes, cut: float) -> None:
    with pytest.raises(PictureRefused):
        inspect(content[: int(len(content) * cut)])


@pytest.mark.parametrize("content", [JPEG, PNG, WEBP, AVIF, HEIC], ids=["jpeg", "png", "webp", "avif", "heic"])
def test_damaged_bytes_never_raise_anything_else(content: bytes) -> None:
    for start in range(0, len(content), max(1, len(content) // 40)):
        damaged = content[:start] + bytes(255 - byte for byte in content[start : start + 16]) + content[start + 16 :]
        try:
            facts = inspect(damaged)
        except PictureRefused:
            continue
        assert min(facts.width, facts.height) >= 200


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)  # fmt: skip
    picture = drawing() if undo is None else drawing().transpose(undo)
    return encoded(picture, "JPEG", exif=exif, quality=95)


def cmyk() -> bytes:
    return encoded(drawing(mode="CMYK"), "JPEG", quality=95)


def deep_grey() -> bytes:
    """16 bits of grey: black on the left, white on the right."""
    row = b"\0" + b"\0\0" * 320 + b"\xff\xff" * 320
    return png_of(640, 480, depth=16, colour=0, data=row * 480)


def deep_colour() -> bytes:
    """16 bits a channel: red, green over blue, white."""

    def wide(colour: tuple[int, int, int]) -> bytes:
        return b"".join(bytes((value, value)) for value in colour) * 320

    rows = (b"\0" + wide(RED) + wide(GREEN)) * 240 + (b"\0" + wide(BLUE) + wide(WHITE)) * 240
    return png_of(640, 480, depth=16, colour=2, data=rows)


def phone_pair() -> bytes:
    """What some phones make: a JPEG with a second image behind it."""
    return encoded(drawing(), "MPO", save_all=True, append_images=[Image.new("RGB", (640, 480))], quality=95)


def glass(mode: str = "RGBA") -> bytes:
    """A drawing whose lower right field is transparent black."""
    picture = drawing(mode="RGBA")
    picture.paste((0, 0, 0, 0), (320, 240, 640, 480))
    return encoded(picture.convert(mode), "PNG")


def palette_glass() -> bytes:
    picture = drawing().quantize(8)
    clear = picture.getpixel((600, 440))
    return encoded(picture, "PNG", transparency=clear)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: encoded(drawing(), "JPEG", quality=95), "jpeg"),
        (lambda: encoded(drawing(), "JPEG", quality=95, progressive=True), "jpeg"),
        (lambda: PNG, "png"),
        (lambda: encoded(drawing(), "WEBP", lossless=True), "webp"),
        (lambda: AVIF, "avif"),
        (lambda: HEIC, "heif"),
        (cmyk, "jpeg"),
        (deep_colour, "png"),
        (phone_pair, "jpeg"),
        (glass, "png"),
        (palette_glass, "png"),
        (lambda: encoded(drawing().quantize(16), "PNG"), "png"),
        *((lambda number=number: turned(number), "jpeg") for number in range(1, 9)),
    ],
)
def test_every_kind_of_photograph_hangs_upright_in_its_colours(make: Callable[[], bytes], name: str) -> None:
    content = make()
    facts = inspect(content)
    assert (facts.width, facts.height, facts.format) == (640, 480, name)
    made = derivatives(content)
    assert {(item.format, item.width, item.height) for item in made} == {
        (kind, width, height) for kind in ("avif", "webp", "jpeg") for width, height in ((480, 360), (640, 480))
    }
    for item in made:
        picture = opened(item)
        assert picture.size == (item.width, item.height)
        for found, wanted in zip(corners(picture), (RED, GREEN, BLUE, WHITE), strict=True):
            assert near(found, wanted, 40), (item.format, found, wanted)


def test_grey_of_16_bits_keeps_its_black_and_white() -> None:
    for item in derivatives(deep_grey()):
        found = corners(opened(item))
        assert near(found[0], (0, 0, 0)), item.format
        assert near(found[1], WHITE), item.format


@pytest.mark.parametrize("mode", ["LA", "L", "1"])
def test_grey_and_ink_hang(mode: str) -> None:
    made = derivatives(encoded(drawing(mode="L").convert(mode), "PNG"))
    assert near(corners(opened(made[0]))[3], WHITE)


def test_a_large_photograph_is_made_smaller_and_never_larger() -> None:
    facts = inspect(encoded(drawing(6400, 3600), "JPEG"))
    assert (facts.width, facts.height) == (6400, 3600)
    for content in (encoded(drawing(6400, 3600), "JPEG"), encoded(drawing(4000, 3600), "PNG", compress_level=1)):
        widths = sorted({item.width for item in derivatives(content)})
        assert widths == [480, 960, 1600]
    assert {item.width for item in derivatives(encoded(drawing(200, 300), "PNG"))} == {200}


def test_a_large_photograph_taken_upright_keeps_its_sharpness() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made = derivatives(encoded(drawing(6400, 3600), "JPEG", exif=exif))
    assert max(item.width for item in made) == 1600
    assert {round(item.height / item.width, 1) for item in made} == {1.8}


def everything_about_the_place() -> dict[str, bytes]:
    """One picture per kind of file, each with GPS, maker's note, XMP, comment and profile."""
    exif = Image.Exif()
    exif[0x010E], exif[0x013B], exif[0x927C] = "Mia Muster, class 4b", "Mia Muster", SECRET
    exif.get_ifd(0x8825).update({1: "N", 2: (46.0, 12.0, 15.8), 3: "E", 4: (6.0, 8.0, 35.5)})
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", xmp.decode())
    more = {"exif": exif.tobytes(), "icc_profile": profile}
    return {
        "jpeg": encoded(drawing(), "JPEG", **more, xmp=xmp, comment=SECRET),
        "png": encoded(drawing(), "PNG", **more, pnginfo=text),
        "webp": encoded(drawing(), "WEBP", **more, xmp=xmp),
        "avif": encoded(drawing(), "AVIF", **more, xmp=xmp, speed=10),
        "heic": encoded(drawing(), "HEIF", **more, xmp=xmp),
    }


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif", "heic"])
def test_derivatives_carry_pixels_and_nothing_else(kind: str) -> None:
    content = everything_about_the_place()[kind]
    assert SECRET in content
    for item in derivatives(content):
        picture = Image.open(io.BytesIO(item.content))
        assert not dict(picture.getexif())
        assert not dict(picture.getexif().get_ifd(0x8825))
        assert {"exif", "xmp", "icc_profile", "comment", "XML:com.adobe.xmp", "photoshop"}.isdisjoint(picture.info)
        for trace in (SECRET, b"Mia", b"Exif\0\0", b"ns.adobe.com", b"ICC_PROFILE", b"ICCP", b"EXIF", b"xmpmeta"):
            assert trace not in item.content, (item.format, trace)


@pytest.mark.parametrize("content", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
def test_a_polyglot_leaves_its_other_half_behind(content: bytes) -> None:
    for item in derivatives(content + HTML + b"PK\x03\x04" + SECRET):
        assert b"<script" not in item.content
        assert SECRET not in item.content


def swapped_profile() -> bytes:
    """sRGB with the colours of its red and its green exchanged: red pixels mean green."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack_from(">I", profile, 128)[0]
    for index in range(count):
        at = 132 + 12 * index
        name = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(name, name)
    return bytes(profile)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_profile_is_applied(mode: str) -> None:
    made = derivatives(encoded(Image.new(mode, (300, 300), (255, 0, 0)), "PNG", icc_profile=swapped_profile()))
    for item in made:
        assert near(corners(opened(item))[0], (0, 255, 0)), item.format


def test_a_damaged_profile_is_ignored() -> None:
    other = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    for profile in (b"not a profile", b"\0" * 200, other):
        made = derivatives(encoded(drawing(), "JPEG", icc_profile=profile, quality=95))
        assert near(corners(opened(made[0]))[0], RED, 40)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_stand_in_the_way() -> None:
    for block in (b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0" + b"\xff" * 40, b"Exif\0\0II*\0"):
        assert inspect(encoded(drawing(), "JPEG", exif=block)).width == 640


def test_several_threads_decode_without_disturbing_each_other() -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(6) as pool:
        sizes = list(pool.map(lambda _: inspect(JPEG).width, range(24)))
    assert sizes == [640] * 24
