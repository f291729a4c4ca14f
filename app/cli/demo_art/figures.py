"""What children draw: houses, trees, birds, suns, suitcases. Each is put on a sheet at a place and a size."""

from __future__ import annotations

import math

from .strokes import Points, Sheet, curve, dark, ellipse, hatch, inside, light, mix, moved, rect, tube, turned

BRIGHT = ("#d93a2b", "#f2a922", "#2f7fc1", "#2e8f4e", "#8b3fa0", "#e8639a", "#f06a2a", "#1fa0a0")


def house(
    s: Sheet, x: float, y: float, w: float, h: float, wall: str, roof: str, door: str = "#7a4526", pane: str = "#fbe38a"
) -> None:
    """A house whose foot is at (x, y) on the left."""
    pen = max(2.5, s.medium.pen * min(1.0, w / 200))
    s.shape(rect(x + w * 0.68, y - h * 1.5, w * 0.13, h * 0.45), dark(roof, 0.2), width=pen)
    s.shape(rect(x, y - h, w, h), wall, width=pen)
    s.shape([(x - w * 0.12, y - h), (x + w * 0.48, y - h * 1.58), (x + w * 1.12, y - h)], roof, width=pen)
    s.shape(rect(x + w * 0.38, y - h * 0.5, w * 0.24, h * 0.5), door, width=pen)
    for wx in (0.1, 0.68):
        s.shape(rect(x + w * wx, y - h * 0.78, w * 0.22, h * 0.26), pane, width=pen)
        if s.ink and w > 90:
            s.line([(x + w * (wx + 0.11), y - h * 0.78), (x + w * (wx + 0.11), y - h * 0.52)], s.ink, pen * 0.7)
            s.line([(x + w * wx, y - h * 0.65), (x + w * (wx + 0.22), y - h * 0.65)], s.ink, pen * 0.7)


def tree(
    s: Sheet, x: float, y: float, h: float, leaf: str = "#3f9a4a", trunk: str = "#7b4b2a", kind: str = "round"
) -> None:
    pen = max(2.5, s.medium.pen * min(1.0, h / 300))
    s.shape(
        [(x - h * 0.06, y), (x - h * 0.04, y - h * 0.5), (x + h * 0.04, y - h * 0.5), (x + h * 0.07, y)],
        trunk,
        width=pen,
    )
    if kind == "pine":
        for i in range(3):
            w, base = h * (0.3 - i * 0.06), y - h * (0.25 + i * 0.22)
            s.shape([(x - w, base), (x, base - h * 0.36), (x + w, base)], leaf, width=pen)
    elif kind == "palm":
        for a in (-160, -125, -80, -45, -15):
            b = math.radians(a)
            tip = (x + h * 0.42 * math.cos(b), y - h * 0.5 + h * 0.36 * math.sin(b) + h * 0.1)
            mid = (x + h * 0.25 * math.cos(b), y - h * 0.5 + h * 0.36 * math.sin(b))
            s.shape(tube(curve((x, y - h * 0.5), mid, tip, steps=6), h * 0.1, h * 0.02), leaf, width=pen)
    else:
        for dx, dy, q in ((-0.17, -0.58, 0.2), (0.17, -0.6, 0.2), (0, -0.78, 0.24)):
            s.fill(ellipse(x + h * dx, y + h * dy, h * q), s.tint(leaf, 0.2))
        if s.ink:
            s.line(
                curve(
                    (x - h * 0.35, y - h * 0.5),
                    (x - h * 0.34, y - h * 0.78),
                    (x, y - h * 1.02),
                    (x + h * 0.34, y - h * 0.8),
                    (x + h * 0.35, y - h * 0.5),
                    (x, y - h * 0.42),
                    closed=True,
                ),
                s.ink,
                pen,
            )


def bird(s: Sheet, x: float, y: float, size: float, colour: str, flip: bool = False, turn: float = 0.0) -> None:
    """A plump bird in flight."""
    pen = max(2.5, s.medium.pen * min(1.0, size / 110))

    def at(pts: Points) -> Points:
        return moved(pts, x, y, size / 100, turn, flip)

    s.shape(at([(-40, 0), (-95, -22), (-88, 5), (-100, 24)]), dark(colour, 0.15), width=pen)
    s.shape(at(curve((-50, 0), (0, -32), (55, -22), (62, 0), (10, 30), closed=True)), colour, width=pen)
    s.shape(at(curve((-15, -8), (-45, -85), (-5, -78), (28, -14), closed=True)), light(colour, 0.3), width=pen)
    s.shape(at([(60, -16), (88, -8), (60, 2)]), "#f2a922", width=pen * 0.8)
    (ex, ey), *_ = at([(40, -10)])
    s.dot(ex, ey, max(2.5, size * 0.05), "#241a1c")


def swallow(s: Sheet, x: float, y: float, size: float, colour: str, turn: float = 0.0, flip: bool = False) -> None:
    body = [
        (55, -4),
        (40, -12),
        (8, -14),
        (-18, -62),
        (-62, -92),
        (-34, -40),
        (-22, -10),
        (-60, -6),
        (-105, -26),
        (-72, 0),
    ]
    tail = [(-108, 26), (-60, 10), (-20, 10), (-20, 38), (-44, 86), (0, 56), (18, 10), (42, 4)]
    s.fill(moved([*body, *tail], x, y, size / 100, turn, flip), colour)


def sun(s: Sheet, x: float, y: float, r: float, colour: str = "#f5c11f", rays: int = 14, reach: float = 1.75) -> None:
    for i in range(rays):
        a = math.tau * i / rays + s.rng.uniform(-0.06, 0.06)
        far = r * s.about(reach, 0.12)
        s.line(
            [(x + r * 1.18 * math.cos(a), y + r * 1.18 * math.sin(a)), (x + far * math.cos(a), y + far * math.sin(a))],
            mix(colour, "#f06a2a", 0.35 * (i % 2)),
            max(6, r * 0.12),
        )
    s.fill(ellipse(x, y, r), colour)


def cloud(s: Sheet, x: float, y: float, w: float, colour: str = "#ffffff") -> None:
    s.shape(
        curve(
            (x - w * 0.5, y),
            (x - w * 0.42, y - w * 0.2),
            (x - w * 0.16, y - w * 0.2),
            (x + w * 0.05, y - w * 0.34),
            (x + w * 0.25, y - w * 0.2),
            (x + w * 0.46, y - w * 0.17),
            (x + w * 0.48, y),
            (x, y + w * 0.06),
            closed=True,
        ),
        colour,
        width=max(3, s.medium.pen * 0.7),
    )


def flower(s: Sheet, x: float, y: float, r: float, petal: str, middle: str = "#f5c11f", petals: int = 6) -> None:
    pen = max(2.0, s.medium.pen * min(0.8, r / 60))
    first = s.rng.uniform(0, 360)
    for i in range(petals):
        a = first + 360 * i / petals
        b = math.radians(a)
        s.shape(
            turned(
                ellipse(x + r * 0.62 * math.cos(b), y + r * 0.62 * math.sin(b), r * 0.4, r * 1.4 / petals + r * 0.06), a
            ),
            petal,
            width=pen,
        )
    s.shape(ellipse(x, y, r * 0.32), middle, width=pen)


def suitcase(s: Sheet, x: float, y: float, w: float, colour: str, turn: float = 0.0) -> None:
    """A suitcase around its middle (x, y)."""
    h = w * 0.68
    pen = max(2.5, s.medium.pen * min(1.0, w / 160))

    def at(pts: Points) -> Points:
        return moved(pts, x, y, 1.0, turn)

    s.line(
        at(curve((-w * 0.16, -h * 0.5), (-w * 0.13, -h * 0.72), (w * 0.13, -h * 0.72), (w * 0.16, -h * 0.5))),
        dark(colour, 0.5),
        max(4, w * 0.05),
    )
    s.shape(at(rect(-w / 2, -h / 2, w, h)), colour, width=pen)
    for side in (-1, 1):
        s.fill(at(rect(side * w * 0.28 - w * 0.05, -h / 2, w * 0.1, h)), dark(colour, 0.35))
        s.fill(at(rect(side * w * 0.28 - w * 0.035, -h * 0.12, w * 0.07, h * 0.14)), "#f2c64a")


def mountains(
    s: Sheet, base: float, tops: list[tuple[float, float]], colours: tuple[str, ...], snow: bool = True
) -> None:
    """A chain of peaks standing on `base`, each given by the place of its top."""
    for i, (x, top) in enumerate(tops):
        wide = (base - top) * 0.85
        s.shape(
            [
                (x - wide, base),
                (x - wide * 0.4, top + (base - top) * 0.46),
                (x, top),
                (x + wide * 0.45, top + (base - top) * 0.4),
                (x + wide, base),
            ],
            colours[i % len(colours)],
        )
        if snow:
            k = (base - top) * 0.26
            s.shape(
                [
                    (x, top),
                    (x + k * 0.8, top + k * 0.8),
                    (x + k * 0.3, top + k * 0.7),
                    (x, top + k * 1.15),
                    (x - k * 0.35, top + k * 0.75),
                    (x - k * 0.75, top + k),
                ],
                "#fdfdff",
                width=s.medium.pen * 0.7,
            )


def fish(
    s: Sheet, x: float, y: float, size: float, colour: str, stripe: str, flip: bool = False, turn: float = 0.0
) -> None:
    pen = max(2.5, s.medium.pen * min(1.0, size / 130))

    def at(pts: Points) -> Points:
        return moved(pts, x, y, size / 100, turn, flip)

    s.shape(at([(-45, 0), (-92, -38), (-80, 0), (-92, 38)]), stripe, width=pen)
    s.shape(at(curve((-55, 0), (-5, -42), (60, 0), (-5, 42), closed=True)), colour, width=pen)
    for px in (-24, -2):
        s.line(at(curve((px, -32), (px + 10, 0), (px, 32))), stripe, max(3, size * 0.06))
    (ex, ey), *_ = at([(36, -9)])
    s.dot(ex, ey, max(3, size * 0.075), "#ffffff")
    s.dot(ex, ey, max(1.8, size * 0.04), "#18141c")


def pattern(s: Sheet, pts: Points, kind: str, colour: str, step: float = 34.0) -> None:
    """A printed pattern inside a shape: dots, stripes, checks, flowers or zigzags."""
    left, right = min(x for x, _ in pts), max(x for x, _ in pts)
    low, high = min(y for _, y in pts), max(y for _, y in pts)
    if kind in ("stripes", "checks"):
        for angle in (20.0,) if kind == "stripes" else (5.0, 95.0):
            for stroke in hatch(pts, angle, step, s.rng):
                s.line(list(stroke), colour, step * 0.28)
        return
    row = 0
    y = low + step * 0.5
    while y < high:
        x = left + step * (0.5 if row % 2 else 0.95)
        while x < right:
            if all(
                inside(pts, x + dx, y + dy)
                for dx, dy in ((step * 0.3, 0), (-step * 0.3, 0), (0, step * 0.3), (0, -step * 0.3))
            ):
                if kind == "flowers":
                    for i in range(5):
                        a = math.tau * i / 5
                        s.dot(x + step * 0.19 * math.cos(a), y + step * 0.19 * math.sin(a), step * 0.12, colour)
                    s.dot(x, y, step * 0.1, "#fbe9b0")
                elif kind == "zigzag":
                    s.line(
                        [(x - step * 0.4, y + step * 0.15), (x, y - step * 0.2), (x + step * 0.4, y + step * 0.15)],
                        colour,
                        step * 0.13,
                    )
                else:
                    s.dot(x, y, step * 0.2, colour)
            x += step
        y += step * 0.85
        row += 1


def land(cx: float, cy: float, r: float) -> list[Points]:
    """Four continents as a child remembers them, on a globe of radius r."""
    raw: list[list[tuple[float, float]]] = [
        [(-0.62, -0.62), (-0.2, -0.7), (-0.28, -0.4), (-0.46, -0.25), (-0.5, 0.02), (-0.72, -0.2)],
        [(-0.42, 0.08), (-0.16, 0.2), (-0.2, 0.5), (-0.36, 0.82), (-0.48, 0.4)],
        [(0.1, -0.25), (0.42, -0.22), (0.62, 0.05), (0.42, 0.3), (0.34, 0.66), (0.18, 0.34), (0.02, 0.05)],
        [(0.06, -0.4), (0.12, -0.72), (0.5, -0.7), (0.82, -0.35), (0.78, -0.08), (0.5, -0.3), (0.3, -0.32)],
    ]
    return [curve(*((cx + x * r, cy + y * r) for x, y in part), closed=True) for part in raw]


PLANE: Points = [
    (-120, 12),
    (-40, -14),
    (-70, -110),
    (-40, -112),
    (30, -20),
    (110, -18),
    (132, 0),
    (110, 18),
    (30, 20),
    (-40, 112),
    (-70, 110),
    (-40, 14),
    (-118, 30),
    (-140, 0),
]
