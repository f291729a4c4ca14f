"""Hand-drawn primitives: wobbly geometry, and a sheet of paper on which crayon, felt pen, paint and scissors work.

A scene speaks only of shapes and colours; the medium in hand decides how they arrive on paper. Each medium is a way
of filling (hatching, washes, flat paint, cut paper) and one SVG filter over its whole group, which keeps them cheap.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
Point = tuple[float, float]
Points = list[Point]

A_WIDE = (1600, 1130)
A_TALL = (1130, 1600)


# Colour ---------------------------------------------------------------------------------------------------------------


def _rgb(colour: str) -> tuple[int, int, int]:
    value = int(colour[1:], 16)
    return value >> 16, value >> 8 & 255, value & 255


def mix(first: str, second: str, share: float) -> str:
    """The colour that lies `share` of the way from the first to the second."""
    pairs = zip(_rgb(first), _rgb(second), strict=True)
    return "#" + "".join(f"{max(0, min(255, round(a + (b - a) * share))):02x}" for a, b in pairs)


def light(colour: str, share: float = 0.3) -> str:
    return mix(colour, "#ffffff", share)


def dark(colour: str, share: float = 0.3) -> str:
    return mix(colour, "#1a1420", share)


# Geometry -------------------------------------------------------------------------------------------------------------


def rect(x: float, y: float, w: float, h: float) -> Points:
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def ellipse(cx: float, cy: float, rx: float, ry: float | None = None, turn: float = 0.0) -> Points:
    ry = rx if ry is None else ry
    n = max(14, min(72, int((rx + ry) / 4)))
    return turned([(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in (math.tau * i / n for i in range(n))], turn)


def arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> Points:
    """Points along an ellipse between two angles in degrees (0 is right, 90 is down)."""
    angles = [math.radians(start + (end - start) * i / 24) for i in range(25)]
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]


def turned(pts: Sequence[Point], degrees: float, about: Point | None = None) -> Points:
    if not degrees:
        return list(pts)
    ox, oy = about or (sum(x for x, _ in pts) / len(pts), sum(y for _, y in pts) / len(pts))
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [(ox + (x - ox) * c - (y - oy) * s, oy + (x - ox) * s + (y - oy) * c) for x, y in pts]


def moved(pts: Sequence[Point], x: float, y: float, size: float = 1.0, turn: float = 0.0, flip: bool = False) -> Points:
    """A shape drawn around the origin, put where it belongs."""
    sx = -size if flip else size
    return [(x + px, y + py) for px, py in turned([(px * sx, py * size) for px, py in pts], turn, (0, 0))]


def curve(*knots: Point, closed: bool = False, steps: int = 10) -> Points:
    """A smooth line through the knots (Catmull-Rom)."""
    k = list(knots)
    k = [k[-1], *k, k[0], k[1]] if closed else [k[0], *k, k[-1]]
    out: Points = []
    for (ax, ay), (bx, by), (cx, cy), (dx, dy) in zip(k, k[1:], k[2:], k[3:], strict=False):
        for i in range(steps):
            t = i / steps
            q, r, u = -t + 2 * t * t - t**3, 2 - 5 * t * t + 3 * t**3, t + 4 * t * t - 3 * t**3
            v = -t * t + t**3
            out.append(((q * ax + r * bx + u * cx + v * dx) / 2, (q * ay + r * by + u * cy + v * dy) / 2))
    return out if closed else [*out, knots[-1]]


def star(cx: float, cy: float, r: float, spikes: int = 5, inner: float = 0.45, turn: float = -90) -> Points:
    angles = [math.radians(turn + 180 * i / spikes) for i in range(spikes * 2)]
    radii = [r if i % 2 == 0 else r * inner for i in range(spikes * 2)]
    return [(cx + q * math.cos(a), cy + q * math.sin(a)) for q, a in zip(radii, angles, strict=True)]


def heart(cx: float, cy: float, r: float, turn: float = 0.0) -> Points:
    ts = [math.tau * i / 36 for i in range(36)]
    raw = [
        (16 * math.sin(t) ** 3, -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)))
        for t in ts
    ]
    return moved(raw, cx, cy, r / 16, turn)


def tube(pts: Sequence[Point], start: float, end: float | None = None) -> Points:
    """The outline of a thick line, from one width to another: arms, roads, scarves."""
    end = start if end is None else end
    left: Points = []
    right: Points = []
    n = len(pts)
    for i, (x, y) in enumerate(pts):
        (ax, ay), (bx, by) = pts[max(0, i - 1)], pts[min(n - 1, i + 1)]
        length = math.hypot(bx - ax, by - ay) or 1.0
        half = (start + (end - start) * i / max(1, n - 1)) / 2
        nx, ny = -(by - ay) / length * half, (bx - ax) / length * half
        left.append((x + nx, y + ny))
        right.append((x - nx, y - ny))
    return left + right[::-1]


def along(pts: Sequence[Point], step: float) -> Iterator[tuple[float, float, float]]:
    """Places at even distances along a line, with the direction in degrees."""
    left = 0.0
    for (ax, ay), (bx, by) in itertools.pairwise(pts):
        length = math.hypot(bx - ax, by - ay)
        while left < length:
            t = left / length
            yield ax + (bx - ax) * t, ay + (by - ay) * t, math.degrees(math.atan2(by - ay, bx - ax))
            left += step
        left -= length


def inside(pts: Points, x: float, y: float) -> bool:
    hit = False
    for (ax, ay), (bx, by) in zip(pts, pts[1:] + pts[:1], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            hit = not hit
    return hit


def hatch(pts: Points, degrees: float, spacing: float, rng: random.Random) -> Iterator[tuple[Point, Point]]:
    """Strokes that fill a shape, cut at its edge, one beside the other as a hand lays them."""
    flat = turned(pts, -degrees, (0, 0))
    low, high = min(y for _, y in flat), max(y for _, y in flat)
    edges = list(zip(flat, flat[1:] + flat[:1], strict=True))
    y = low + spacing * rng.uniform(0.2, 0.7)
    while y < high:
        xs = sorted((bx - ax) * (y - ay) / (by - ay) + ax for (ax, ay), (bx, by) in edges if (ay > y) != (by > y))
        for start, end in zip(xs[::2], xs[1::2], strict=False):
            a, b = turned([(start, y), (end, y + rng.uniform(-0.25, 0.25) * spacing)], degrees, (0, 0))
            yield a, b
        y += spacing * rng.uniform(0.8, 1.2)


# Media ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Medium:
    """How a tool behaves: the width of its mark, the gap between marks, how unsteady it is, and its filter."""

    way: str
    mark: float
    gap: float
    shake: float
    pen: float
    grain: str
    blend: str = "normal"


MEDIA = {
    "crayon": Medium("hatch", 13, 10.5, 3.5, 9, "wax"),
    "pastel": Medium("hatch", 22, 15, 4.0, 13, "oil"),
    "felt": Medium("felt", 12, 10, 2.0, 6, "ink", "multiply"),
    "gouache": Medium("paint", 30, 17, 3.0, 9, "brush"),
    "water": Medium("wash", 0, 0, 4.0, 6, "pool", "multiply"),
    "pencil": Medium("hatch", 3.4, 7, 1.6, 3.4, "lead", "multiply"),
    "ink": Medium("flat", 0, 0, 1.6, 4, "ink", "multiply"),
    "cut": Medium("cut", 0, 0, 1.2, 5, "card"),
    "print": Medium("flat", 0, 0, 2.5, 8, "stamp", "multiply"),
    "scratch": Medium("hatch", 4.5, 11, 2.0, 5, "scrape"),
    "chalk": Medium("hatch", 17, 13, 3.0, 10, "chalk"),
}

_WARP = (
    '<feTurbulence type="fractalNoise" baseFrequency="{f}" numOctaves="2" seed="{seed}"/>'
    '<feColorMatrix values="1 0 0 0 0 0 1 0 0 0 0 0 1 0 0 0 0 0 0 1" result="w"/>'
    '<feDisplacementMap in="SourceGraphic" in2="w" scale="{scale}" xChannelSelector="R" yChannelSelector="G" '
    'result="d"/>'
)
_TOOTH = (
    '<feTurbulence type="fractalNoise" baseFrequency="{f}" numOctaves="{oct}" seed="{seed}"/>'
    '<feColorMatrix values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 {k} {k} 0 0 {off}" result="t"/>'
    '<feComposite in="{src}" in2="t" operator="in"/>'
)
_SHADE = (
    '<feTurbulence type="fractalNoise" baseFrequency="{f}" numOctaves="2" seed="{seed}"/>'
    '<feColorMatrix values="{k} 0 0 0 {off} {k} 0 0 0 {off} {k} 0 0 0 {off} 0 0 0 0 1" result="s"/>'
    '<feBlend in="s" in2="{src}" mode="soft-light" result="b"/>'
    '<feComposite in="b" in2="{src}" operator="in"/>'
)


def _filter(grain: str, seed: int) -> str:
    def tooth(f: str, k: float, off: float, src: str = "SourceGraphic") -> str:
        return _TOOTH.format(f=f, k=k, off=off, src=src, seed=seed, oct=3 if src == "d" else 2)

    def shade(f: str, k: float, src: str) -> str:
        return _SHADE.format(f=f, k=k, off=round(0.5 - k / 2, 3), src=src, seed=seed + 3)

    warp = _WARP.format
    return {
        "wax": tooth("0.25 0.29", 1.05, -0.34),
        "oil": tooth("0.23 0.27", 1.1, -0.38),
        "chalk": tooth("0.28", 1.5, -0.7),
        "lead": tooth("0.5", 2.6, -1.9),
        "stamp": tooth("0.05", 4.5, -2.9),
        "scrape": tooth("0.3 0.1", 4, -2.6),
        "ink": warp(f="0.04", scale=1.6, seed=seed),
        "brush": warp(f="0.03", scale=2.6, seed=seed)
        + shade(("0.012 0.1", "0.09 0.014", "0.03 0.05")[seed % 3], 0.9, "d"),
        "pool": warp(f="0.016", scale=5, seed=seed) + tooth("0.007", 1.1, -0.3, "d"),
        "card": shade("0.09", 0.7, "SourceGraphic"),
    }[grain]


class Sheet:
    """A sheet of paper: media are taken in hand one after the other, and `svg()` is the finished picture."""

    def __init__(self, seed: str, width: int, height: int, paper: str = "#fbf7ec") -> None:
        self.rng = random.Random(seed)
        self.w, self.h, self.paper = width, height, paper
        self.medium = MEDIA["ink"]
        self.ink: str | None = "#2b2430"  # what outlines are drawn with; None leaves them out
        self.care = 1.0  # below 1 an older, steadier hand; above 1 a younger one
        self._defs: list[str] = []
        self._layers: list[str] = []
        self._marks: list[str] = []
        self._open = ""

    # The tools in hand

    def use(self, name: str, opacity: float = 1.0) -> None:
        """Put the tool down, take another; what follows lies above what was drawn before."""
        self._close()
        self.medium = MEDIA[name]
        ident = f"f{len(self._layers)}"
        body = _filter(self.medium.grain, self.rng.randrange(1, 900))
        self._defs.append(
            f'<filter id="{ident}" filterUnits="userSpaceOnUse" x="0" y="0" width="{self.w}" height="{self.h}" '
            f'color-interpolation-filters="sRGB">{body}</filter>'
        )
        style = f"mix-blend-mode:{self.medium.blend};opacity:{opacity}"
        self._open = (
            f'<g filter="url(#{ident})" style="{style}" fill="none" stroke-linecap="round" stroke-linejoin="round">'
        )

    def _close(self) -> None:
        if self._marks:
            self._layers.append(self._open + "".join(self._marks) + "</g>")
        self._marks = []

    # Small choices

    def pick(self, options: Sequence[T]) -> T:
        return self.rng.choice(options)

    def about(self, value: float, share: float = 0.15) -> float:
        return value * self.rng.uniform(1 - share, 1 + share)

    def tint(self, colour: str, share: float = 0.1) -> str:
        return mix(colour, self.rng.choice(("#ffffff", "#2a1f3a", "#ffd34d")), self.rng.uniform(0, share))

    def wobble(self, pts: Sequence[Point], amount: float, closed: bool = True, wave: float = 110.0) -> Points:
        """The same line by an unsteady hand: smooth wandering along its length."""
        ring = [*pts, pts[0]] if closed else list(pts)
        rng = self.rng
        waves = [(wave * k * rng.uniform(0.8, 1.3), amount * a) for k, a in ((1.0, 0.6), (0.42, 0.28), (2.6, 0.6))]
        px = [rng.uniform(0, math.tau) for _ in waves]
        py = [rng.uniform(0, math.tau) for _ in waves]
        out: Points = []
        run = 0.0
        for (ax, ay), (bx, by) in itertools.pairwise(ring):
            length = math.hypot(bx - ax, by - ay)
            n = max(1, int(length / 16))
            for i in range(n):
                t = i / n
                s = run + length * t
                dx = sum(a * math.sin(s / w * math.tau + p) for (w, a), p in zip(waves, px, strict=True))
                dy = sum(a * math.sin(s / w * math.tau + p) for (w, a), p in zip(waves, py, strict=True))
                out.append((ax + (bx - ax) * t + dx, ay + (by - ay) * t + dy))
            run += length
        return out if closed else [*out, ring[-1]]

    # Marks

    def _path(self, pts: Points, closed: bool, attributes: str) -> None:
        d = "M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in pts) + ("Z" if closed else "")
        self._marks.append(f'<path d="{d}" {attributes}/>')

    def _stroke(self, a: Point, b: Point, colour: str, width: float, opacity: float, bow: float) -> None:
        mx, my = (a[0] + b[0]) / 2 + self.rng.uniform(-bow, bow), (a[1] + b[1]) / 2 + self.rng.uniform(-bow, bow)
        self._marks.append(
            f'<path d="M{a[0]:.1f},{a[1]:.1f}Q{mx:.1f},{my:.1f} {b[0]:.1f},{b[1]:.1f}" stroke="{colour}" '
            f'stroke-width="{width:.1f}" stroke-opacity="{opacity:.2f}"/>'
        )

    def _veil(self) -> float:
        """How much of the paper is left to see under a patch of wax: little where the paper is dark."""
        return 0.35 if sum(_rgb(self.paper)) > 400 else 0.1

    def fill(self, pts: Sequence[Point], colour: str, angle: float | None = None, dense: float = 1.0) -> None:
        """Colour a shape in the way of the tool in hand."""
        rng, m = self.rng, self.medium
        shape = self.wobble(pts, m.shake * self.care)
        span = min(max(x for x, _ in pts) - min(x for x, _ in pts), max(y for _, y in pts) - min(y for _, y in pts))
        small = max(0.3, min(1.0, span / 90))
        angle = rng.uniform(25, 65) * rng.choice((1, 1, -1)) if angle is None else angle
        if m.way == "hatch":
            passes = ((angle, 1.0), (angle + rng.uniform(20, 60), 1.7)) if dense >= 1 else ((angle, 1.2),)
            if dense >= 1 and m.mark > 5:
                self._path(shape, True, f'fill="{mix(colour, self.paper, self._veil())}" fill-opacity="0.88"')
            for turn, sparse in passes:
                self._hatching(shape, colour, turn, m.gap * sparse / max(0.5, dense) * max(0.5, small), small)
        elif m.way == "felt":
            self._path(
                shape, True, f'fill="{mix(colour, self.paper, 0.4)}" fill-opacity="{0.95 if dense >= 1 else 0.3}"'
            )
            self._hatching(shape, colour, angle, m.gap / max(0.4, dense) * max(0.6, small), max(0.55, small), 0.5)
        elif m.way == "paint":
            self._path(shape, True, f'fill="{self.tint(colour, 0.05)}"')
            if span > 26:
                self._brushing(shape, colour, angle, small)
        elif m.way == "wash":
            self._washes(pts, colour, dense, small)
        elif m.way == "cut":
            for off, strength in ((7, 0.1), (4, 0.16)):
                self._path([(x + off, y + off) for x, y in shape], True, f'fill="#20141c" fill-opacity="{strength}"')
            self._path(shape, True, f'fill="{colour}" stroke="{light(colour, 0.45)}" stroke-width="1.6"')
        else:
            self._path(shape, True, f'fill="{colour}"')

    def _hatching(
        self, shape: Points, colour: str, angle: float, gap: float, small: float, opacity: float = 0.0
    ) -> None:
        rng, m = self.rng, self.medium
        over = 6.0 * self.care * small
        for a, b in hatch(shape, angle, gap, rng):
            length = math.hypot(b[0] - a[0], b[1] - a[1]) or 1.0
            ux, uy = (b[0] - a[0]) / length, (b[1] - a[1]) / length
            s, e = rng.uniform(-over, over) - m.mark * small * 0.3, rng.uniform(-over, over) - m.mark * small * 0.3
            start, end = (a[0] - ux * s, a[1] - uy * s), (b[0] + ux * e, b[1] + uy * e)
            strength = opacity or rng.uniform(0.6, 0.95)
            tone = self.tint(colour, 0.12) if not opacity else colour
            self._stroke(start, end, tone, m.mark * small * rng.uniform(0.85, 1.15), strength, length * 0.02 + 1)

    def _brushing(self, shape: Points, colour: str, angle: float, small: float) -> None:
        rng, m = self.rng, self.medium
        for a, b in hatch(shape, angle, m.gap * small, rng):
            length = math.hypot(b[0] - a[0], b[1] - a[1])
            reach = max(60.0, 260 * small)
            n = max(1, int(length / reach))
            for i in range(n):
                lo, hi = i / n + rng.uniform(0.0, 0.12), (i + 1) / n - rng.uniform(0.0, 0.12)
                pad = min(0.45, m.mark * small * 0.5 / max(1.0, length))
                lo, hi = max(lo, pad), min(hi, 1 - pad)
                start = (a[0] + (b[0] - a[0]) * lo, a[1] + (b[1] - a[1]) * lo)
                end = (a[0] + (b[0] - a[0]) * hi, a[1] + (b[1] - a[1]) * hi)
                self._stroke(start, end, self.tint(colour, 0.2), m.mark * small * 0.8, rng.uniform(0.15, 0.45), 5)

    def _washes(self, pts: Sequence[Point], colour: str, dense: float, small: float) -> None:
        rng = self.rng
        for i in range(4):
            layer = self.wobble(pts, (4 + i * 4) * small * self.care, wave=170)
            tone = mix(colour, rng.choice(("#2b4fa0", "#ffffff", colour, "#c2477a")), rng.uniform(0, 0.14))
            self._path(layer, True, f'fill="{tone}" fill-opacity="{min(0.6, 0.27 * dense):.2f}"')
            if i == 1:
                edge = f'stroke="{dark(colour, 0.25)}" stroke-width="{2 + 2.5 * small:.1f}" stroke-opacity="0.3"'
                self._path(layer, True, edge)

    def line(self, pts: Sequence[Point], colour: str, width: float | None = None, closed: bool = False) -> None:
        """A drawn line; wax and lead go over it twice, a brush swells and thins."""
        rng, m = self.rng, self.medium
        width = m.pen if width is None else width
        shake = min(m.shake, 0.8 + width * 0.4) * self.care
        if m.way in ("paint", "wash"):
            path = self.wobble([*pts, pts[0]] if closed else pts, shake * 0.8, closed=False)
            self._path(
                self._swell(path, width), True, f'fill="{colour}" fill-opacity="{1 if m.way == "paint" else 0.8}"'
            )
            return
        twice = m.way == "hatch" and width > 2
        for n in range(2 if twice else 1):
            path = self.wobble(pts, shake * (1 + n * 0.5), closed=closed)
            if closed:
                path = [*path, *path[: rng.randrange(1, 4)]]
            w = width * (0.95 if n == 0 else 0.6)
            attributes = f'stroke="{colour}" stroke-width="{w:.1f}" stroke-opacity="{0.95 - n * 0.25:.2f}"'
            self._path(path, False, attributes)

    def _swell(self, path: Sequence[Point], width: float) -> Points:
        phase, wave = self.rng.uniform(0, math.tau), self.rng.uniform(6, 11)
        fat: list[Point] = tube(path, width)
        n = len(path)
        out: Points = []
        for i, (x, y) in enumerate(fat):
            k = i if i < n else 2 * n - 1 - i
            share = 0.85 + 0.28 * math.sin(k / wave + phase)
            cx, cy = path[k]
            out.append((cx + (x - cx) * share, cy + (y - cy) * share))
        return out

    def shape(
        self,
        pts: Sequence[Point],
        colour: str,
        outline: str = "",
        width: float | None = None,
        angle: float | None = None,
    ) -> None:
        """Coloured in, then drawn around where this sheet has an ink."""
        self.fill(pts, colour, angle)
        if outline or self.ink:
            self.line(pts, outline or self.ink or "", width, closed=True)

    def dot(self, x: float, y: float, r: float, colour: str) -> None:
        """A dab: the tool pressed once."""
        ring = self.wobble(
            ellipse(x, y, r, r * self.about(1, 0.12)), min(2.0, r * 0.14) * self.care, wave=max(12, r * 3)
        )
        self._path(ring, True, f'fill="{colour}" fill-opacity="{0.55 if self.medium.way == "wash" else 0.95}"')

    def ground(self, *colours: str, angle: float = 4.0, margin: float = 0.0, dense: float = 1.0) -> None:
        """Bands of colour from the top of the sheet to its foot."""
        step = (self.h - 2 * margin) / len(colours)
        for i, colour in enumerate(colours):
            band = rect(margin, margin + i * step - (8 if i else 0), self.w - 2 * margin, step + 8)
            self.fill(band, colour, angle=angle + self.rng.uniform(-5, 5), dense=dense)

    def over(self, step: float) -> Iterator[Point]:
        """Loosely even places over the whole sheet."""
        y = step * 0.5
        while y < self.h:
            x = step * 0.5
            while x < self.w:
                yield x + self.rng.uniform(-0.3, 0.3) * step, y + self.rng.uniform(-0.3, 0.3) * step
                x += step
            y += step

    def svg(self) -> str:
        """The finished sheet on paper with a tooth, under slightly uneven light."""
        self._close()
        size = f'width="{self.w}" height="{self.h}"'
        tooth = (
            '<pattern id="tooth" width="512" height="512" patternUnits="userSpaceOnUse">'
            '<rect width="512" height="512" fill="#fff" filter="url(#paper)"/></pattern>'
            '<filter id="paper" filterUnits="userSpaceOnUse" x="0" y="0" width="512" height="512" '
            'color-interpolation-filters="sRGB"><feTurbulence type="fractalNoise" baseFrequency="0.13" numOctaves="2" '
            'seed="7" stitchTiles="stitch"/>'
            '<feColorMatrix values="0 0 0 .08 .935 0 0 0 .08 .93 0 0 0 .08 .925 0 0 0 0 1"/></filter>'
            '<linearGradient id="lamp" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#fff"/>'
            '<stop offset=".6" stop-color="#fefcf9"/><stop offset="1" stop-color="#f4eee7"/></linearGradient>'
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.w} {self.h}" {size}>'
            f"<defs>{tooth}{''.join(self._defs)}</defs>"
            f'<rect {size} fill="{self.paper}"/>{"".join(self._layers)}'
            f'<g style="mix-blend-mode:multiply"><rect {size} fill="url(#tooth)"/></g>'
            f'<g style="mix-blend-mode:multiply"><rect {size} fill="url(#lamp)"/></g></svg>'
        )
