"""People as children draw them: head, hair, hands, somebody standing."""

from __future__ import annotations

import math

from .strokes import Points, Sheet, arc, curve, dark, ellipse, light, moved, rect, tube

SKINS = ("#f4cfae", "#e3ab7c", "#c68655", "#9c6238", "#74452a", "#573320", "#eec197")
HAIRS = ("#2a1c18", "#4a2a1a", "#7d4a22", "#c98f35", "#8c2f1c", "#1d1a22", "#5d5560")


def person(
    s: Sheet,
    x: float,
    y: float,
    h: float,
    *,
    skin: str | None = None,
    hair: str | None = None,
    style: str = "short",
    top: str = "#d93a2b",
    bottom: str = "#2f5fa8",
    wear: str = "trousers",
    arms: tuple[float, float] = (150, 30),
    stride: float = 0.06,
    naive: float = 0.5,
    shoes: str = "#3a2a2a",
    face: bool = True,
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Somebody standing at (x, y), `h` tall; returns where the two hands are.

    Arms are angles in degrees (0 is right, 90 is down, 180 is left). The more naive, the larger the head.
    """
    skin, hair = skin or s.pick(SKINS), hair or s.pick(HAIRS)
    pen = max(2.5, s.medium.pen * min(1.0, h / 420))
    r = h * (0.105 + 0.055 * naive)
    head = (x, y - h + r * 1.05)
    shoulder, hip = y - h + 2.15 * r, y - h * (0.4 - 0.07 * naive)
    half = h * (0.085 + 0.02 * naive)
    _hair_behind(s, head, r, hair, style, top, pen)
    for side in (-1, 1):
        foot = (x + side * h * stride * 1.4, y - h * 0.015)
        leg = tube(
            [(x + side * half * 0.5, hip - h * 0.02), (x + side * h * stride * 1.2, y - h * 0.2), foot],
            h * 0.075,
            h * 0.055,
        )
        s.shape(leg, bottom if wear in ("trousers", "overall") else skin, width=pen)
        s.shape(ellipse(foot[0] + side * h * 0.025, foot[1], h * 0.055, h * 0.028), shoes, width=pen)
    hands = []
    for side, angle in zip((-1, 1), arms, strict=True):
        a = math.radians(angle)
        length = h * 0.29
        start = (x + side * half * 0.75, shoulder + h * 0.035)
        end = (start[0] + length * math.cos(a), start[1] + length * math.sin(a))
        bend = ((start[0] + end[0]) / 2 + side * h * 0.02, (start[1] + end[1]) / 2 + h * 0.03)
        s.shape(tube(curve(start, bend, end, steps=5), h * 0.075, h * 0.055), top, width=pen)
        if naive > 0.6:
            for spread in (-50, -20, 10, 40):
                b = math.radians(angle + spread)
                tip = (end[0] + h * 0.055 * math.cos(b), end[1] + h * 0.055 * math.sin(b))
                s.line([end, tip], skin if s.ink is None else dark(skin, 0.2), pen * 1.1)
        s.shape(ellipse(*end, h * 0.032), skin, width=pen * 0.8)
        hands.append(end)
    s.shape(rect(x - r * 0.25, shoulder - r * 0.4, r * 0.5, r * 0.6), skin, width=pen * 0.8)
    if wear == "dress":
        flare = half * 2.3
        body: Points = [
            (x - half, shoulder),
            (x + half, shoulder),
            (x + flare, hip + h * 0.12),
            (x - flare, hip + h * 0.12),
        ]
        s.shape(body, top, width=pen)
        s.line([(x - half * 1.4, (shoulder + hip) / 2), (x + half * 1.4, (shoulder + hip) / 2)], bottom, pen * 1.8)
    else:
        s.shape(
            [(x - half, shoulder), (x + half, shoulder), (x + half * 1.05, hip), (x - half * 1.05, hip)], top, width=pen
        )
        if wear == "skirt":
            s.shape(
                [
                    (x - half, hip - 4),
                    (x + half, hip - 4),
                    (x + half * 2, hip + h * 0.12),
                    (x - half * 2, hip + h * 0.12),
                ],
                bottom,
                width=pen,
            )
        if wear == "overall":
            s.shape(rect(x - half * 0.6, shoulder + h * 0.06, half * 1.2, hip - shoulder - h * 0.05), bottom, width=pen)
    s.shape(ellipse(*head, r, r * 1.05), skin, width=pen)
    _hair_front(s, head, r, hair, style, top, pen)
    if face:
        features(s, *head, r, pen)
    return hands[0], hands[1]


def features(s: Sheet, x: float, y: float, r: float, pen: float, mood: float = 1.0) -> None:
    """A simple face: two eyes, a smile, warm cheeks."""
    dot = max(2.2, r * 0.095)
    for side in (-1, 1):
        s.dot(x + side * r * 0.36, y - r * 0.02, dot, "#241a1c")
        s.dot(x + side * r * 0.6, y + r * 0.3, dot * 1.25, "#e0746a")
    s.line(arc(x, y + r * 0.2, r * 0.4, r * 0.32 * mood, 20, 160), "#9a2733", max(2.0, pen * 0.8))


def _hair_behind(s: Sheet, head: tuple[float, float], r: float, hair: str, style: str, top: str, pen: float) -> None:
    x, y = head
    if style == "long":
        s.shape(
            curve(
                (x - r * 1.1, y),
                (x, y - r * 1.2),
                (x + r * 1.1, y),
                (x + r * 1.35, y + r * 1.9),
                (x, y + r * 1.5),
                (x - r * 1.35, y + r * 1.9),
                closed=True,
            ),
            hair,
            width=pen,
        )
    elif style == "afro":
        s.shape(ellipse(x, y - r * 0.3, r * 1.65, r * 1.5), hair, width=pen)
    elif style == "bun":
        s.shape(ellipse(x, y - r * 1.35, r * 0.55), hair, width=pen)
    elif style == "tail":
        s.shape(
            curve(
                (x + r * 0.5, y - r * 0.8),
                (x + r * 1.7, y - r * 0.7),
                (x + r * 1.9, y + r * 1.1),
                (x + r * 1.3, y + r * 0.3),
                closed=True,
            ),
            hair,
            width=pen,
        )
    elif style == "braids":
        for side in (-1, 1):
            path = curve((x + side * r * 0.8, y), (x + side * r * 1.4, y + r * 0.8), (x + side * r * 1.3, y + r * 1.9))
            s.shape(tube(path, r * 0.42, r * 0.25), hair, width=pen)
            s.dot(*path[-1], r * 0.2, top)
    elif style == "scarf":
        s.shape(
            curve(
                (x - r * 1.2, y),
                (x, y - r * 1.4),
                (x + r * 1.2, y),
                (x + r * 1.3, y + r * 1.6),
                (x, y + r * 1.9),
                (x - r * 1.3, y + r * 1.6),
                closed=True,
            ),
            hair,
            width=pen,
        )


def _hair_front(s: Sheet, head: tuple[float, float], r: float, hair: str, style: str, top: str, pen: float) -> None:
    x, y = head
    if style == "bald":
        return
    if style == "scarf":
        s.line(arc(x, y, r * 1.0, r * 1.08, 150, 390), hair, r * 0.35)
    elif style == "curly":
        for i in range(9):
            a = math.radians(170 + 25 * i)
            s.dot(x + r * 0.95 * math.cos(a), y + r * 0.95 * math.sin(a) - r * 0.05, r * 0.36, hair)
    elif style == "spiky":
        for i in range(9):
            a = math.radians(190 + 20 * i)
            s.line(
                [
                    (x + r * 0.85 * math.cos(a), y + r * 0.9 * math.sin(a)),
                    (x + r * 1.4 * math.cos(a), y + r * 1.4 * math.sin(a)),
                ],
                hair,
                r * 0.2,
            )
    elif style == "wrap":
        s.shape(
            curve(
                (x - r * 1.05, y - r * 0.3),
                (x - r * 1.2, y - r * 1.2),
                (x, y - r * 1.9),
                (x + r * 1.2, y - r * 1.2),
                (x + r * 1.05, y - r * 0.3),
                (x, y - r * 0.6),
                closed=True,
            ),
            hair,
            width=pen,
        )
        s.line(curve((x - r, y - r * 0.7), (x, y - r * 1.1), (x + r, y - r * 0.9)), light(hair, 0.5), r * 0.16)
    else:
        fringe = [
            *arc(x, y, r * 1.08, r * 1.15, 175, 365),
            (x + r * 0.55, y - r * 0.45),
            (x + r * 0.1, y - r * 0.62),
            (x - r * 0.5, y - r * 0.42),
        ]
        s.shape(fringe, hair, width=pen)


def hand(x: float, y: float, size: float, turn: float = 0.0, flip: bool = False) -> Points:
    """The outline of an open hand whose wrist is at (x, y), pointing up."""
    pts: Points = [(-26, 0), (-34, -44)]
    for base, tip, half in (
        ((-62, -58), (-104, -104), 13),
        ((-30, -96), (-48, -184), 13),
        ((-6, -104), (-8, -204), 13.5),
        ((18, -98), (34, -188), 13),
        ((38, -82), (70, -148), 11.5),
    ):
        a = math.atan2(tip[1] - base[1], tip[0] - base[0])
        px, py = -math.sin(a) * half, math.cos(a) * half
        cap = [
            (tip[0] + half * math.cos(a + q), tip[1] + half * math.sin(a + q)) for q in (-1.57, -0.8, 0.0, 0.8, 1.57)
        ]
        pts += [(base[0] - px, base[1] - py), *cap, (base[0] + px, base[1] + py)]
    pts += [(44, -46), (28, 0)]
    return moved(pts, x, y, size / 200, turn, flip)


def head(
    s: Sheet, x: float, y: float, r: float, skin: str, hair: str, style: str, band: str = "#d93a2b", mood: float = 1.0
) -> None:
    """A head alone: in a window, in a crowd, in a portrait."""
    pen = max(2.5, s.medium.pen * min(1.0, r / 60))
    _hair_behind(s, (x, y), r, hair, style, band, pen)
    s.shape(ellipse(x, y, r, r * 1.08), skin, width=pen)
    _hair_front(s, (x, y), r, hair, style, band, pen)
    features(s, x, y, r, pen, mood)
