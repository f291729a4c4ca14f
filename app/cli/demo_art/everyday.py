"""Gender at home and in the street: who mends, cooks, washes and repairs."""

from __future__ import annotations

from typing import Any

from . import figures as f
from . import people
from .strokes import (
    A_TALL,
    A_WIDE,
    Points,
    Sheet,
    arc,
    curve,
    dark,
    ellipse,
    heart,
    moved,
    rect,
    star,
    tube,
    turned,
)


def toolbox_family(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE)
    s.use("crayon")
    s.care = 1.7
    s.fill(rect(15, 15, 1570, 170), "#5fa8e0", angle=5)
    f.sun(s, 1440, 150, 100, rays=16)
    s.fill(rect(15, 940, 1570, 170), "#56a83f", angle=80)
    f.house(s, 560, 960, 470, 380, "#f2a0b0", "#d93a2b", "#2f7fc1")
    f.tree(s, 1420, 980, 480, "#3f9a4a")
    for x, y in ((1360, 600), (1470, 560), (1420, 690), (1330, 720), (1500, 700)):
        s.dot(x, y, 22, "#d93a2b")
    left, right = people.person(
        s,
        330,
        1050,
        680,
        skin="#e3ab7c",
        hair="#7d4a22",
        style="tail",
        top="#f2a922",
        bottom="#2f5fa8",
        wear="overall",
        arms=(115, -50),
        naive=1.0,
    )
    s.line([(right[0] - 20, right[1] + 50), (right[0] + 30, right[1] - 110)], "#8a5a32", 20)
    s.shape(turned(rect(right[0] - 45, right[1] - 165, 140, 60), 15), "#6a6a78")
    s.shape(rect(left[0] - 110, left[1] + 20, 210, 120), "#d93a2b")
    s.line(arc(left[0], left[1] + 22, 60, 50, 180, 360), "#6a6a78", 15)
    s.line([(left[0] - 108, left[1] + 65), (left[0] + 98, left[1] + 65)], "#7a1f1c", 10)
    people.person(
        s,
        1190,
        1050,
        660,
        skin="#c68655",
        hair="#2a1c18",
        style="curly",
        top="#2e8f4e",
        bottom="#5a4a7a",
        arms=(70, 110),
        naive=1.0,
    )
    s.shape(turned(ellipse(1190, 730, 130, 74), -14), "#fdf1c4")
    people.head(s, 1110, 690, 58, "#d99a6a", "#2a1c18", "bald")
    for i in range(3):
        s.shape(heart(790 + i * 60, 300 - i * 70, 34 + i * 8), "#e8639a")
    for i in range(12):
        f.flower(s, 70 + i * 135, s.rng.uniform(1050, 1085), 30, s.pick(f.BRIGHT))
    return s


def pancakes(key: str) -> Sheet:
    s = Sheet(key, *A_TALL, "#fbf4e2")
    s.use("crayon")
    s.care = 1.5
    for row in range(9):
        for col in range(9):
            c = ("#f7c9a0", "#8fd0c8")[(row + col) % 2]
            s.fill(rect(14 + col * 123, 20 + row * 118, 117, 112), c, dense=0.8)
    s.shape(rect(70, 130, 330, 330), "#bfe3f5")
    s.line([(235, 130), (235, 460)], "#7a4526", 15)
    s.line([(70, 295), (400, 295)], "#7a4526", 15)
    s.fill(ellipse(150, 210, 46), "#f5c11f")
    s.fill(rect(14, 1340, 1102, 246), "#c98f5a", angle=5)
    s.shape(rect(640, 950, 450, 520), "#e8e4ec")
    s.shape(rect(690, 1110, 350, 250), "#3b3540")
    s.shape(rect(730, 1150, 270, 170), "#f0702e")
    for i in range(4):
        s.shape(ellipse(700 + i * 110, 1030, 27), "#d93a2b")
    _left, right = people.person(
        s,
        330,
        1500,
        1080,
        skin="#c68655",
        hair="#1d1a22",
        style="curly",
        top="#2f7fc1",
        bottom="#5a4a7a",
        arms=(120, -14),
        naive=0.75,
    )
    s.line(arc(330, 655, 60, 20, 190, 350), "#1d1a22", 16)
    apron: Points = [(265, 850), (395, 850), (450, 1000), (460, 1240), (210, 1240), (215, 1000)]
    s.shape(apron, "#fdf6e0")
    f.pattern(s, apron, "dots", "#e8639a", 60)
    s.line([(right[0] - 10, right[1]), (right[0] + 130, right[1] - 20)], "#3b3540", 24)
    s.shape(rect(right[0] + 110, right[1] - 66, 250, 56), "#4a4a55")
    s.shape(ellipse(right[0] + 240, right[1] - 370, 135, 48, -14), "#f2c64a")
    s.line(ellipse(right[0] + 240, right[1] - 370, 80, 22, -14), "#c98f35", 9, closed=True)
    for dx in (-90, 10, 110):
        s.line(
            curve(
                (right[0] + 230 + dx, right[1] - 120),
                (right[0] + 215 + dx, right[1] - 190),
                (right[0] + 240 + dx, right[1] - 270),
            ),
            "#c8201f",
            9,
        )
    people.person(
        s,
        120,
        1550,
        450,
        skin="#b5774a",
        hair="#2a1c18",
        style="braids",
        top="#f2a922",
        bottom="#e8639a",
        wear="dress",
        arms=(-120, -50),
        naive=1.0,
    )
    for i, (x, y) in enumerate(((600, 150), (730, 90), (880, 150))):
        s.shape(heart(x, y, 36), ("#d93a2b", "#e8639a", "#f06a2a")[i])
    return s


def clothesline(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE, "#a9d4ea")
    s.use("cut")
    s.ink = None
    f.cloud(s, 320, 190, 320, "#fdfdf8")
    f.cloud(s, 1250, 150, 260, "#fdfdf8")
    s.fill(curve((0, 960), (400, 880), (900, 950), (1600, 860), (1600, 1130), (0, 1130)), "#6fae58")
    for i in range(11):
        x = 30 + i * 150
        f.house(s, x, 985 - (i % 3) * 22, 96, 70, f.BRIGHT[(i * 3 + 1) % 8], f.BRIGHT[(i * 5 + 2) % 8])
    s.fill(curve((0, 1040), (500, 985), (1100, 1050), (1600, 980), (1600, 1130), (0, 1130)), "#3f8a4f")
    rope = curve((0, 300), (400, 390), (800, 415), (1200, 390), (1600, 290))
    s.line(rope, "#7a5230", 9)
    things: list[tuple[float, float, Points, str, str, str]] = [
        (
            150,
            340,
            [
                (-85, 0),
                (-40, -8),
                (0, 18),
                (40, -8),
                (85, 0),
                (130, 70),
                (86, 100),
                (72, 70),
                (72, 250),
                (-72, 250),
                (-72, 70),
                (-86, 100),
                (-130, 70),
            ],
            "#d92f2a",
            "stripes",
            "#fdf6e0",
        ),
        (
            430,
            390,
            [(-60, 0), (60, 0), (64, 60), (170, 250), (90, 290), (0, 265), (-90, 290), (-170, 250), (-64, 60)],
            "#f0a0c0",
            "dots",
            "#fdf0f5",
        ),
        (715, 412, [(-84, 0), (84, 0), (100, 330), (18, 330), (0, 120), (-18, 330), (-100, 330)], "#2f5fa8", "", ""),
        (
            970,
            405,
            [(-70, 0), (-20, 0), (0, 60), (20, 0), (70, 0), (84, 330), (-84, 330)],
            "#f5c11f",
            "checks",
            "#d9602a",
        ),
        (
            1210,
            385,
            [(-56, 0), (56, 0), (74, 280), (130, 250), (120, 330), (-120, 330), (-130, 250), (-74, 280)],
            "#8b3fa0",
            "flowers",
            "#f5c11f",
        ),
        (
            1450,
            335,
            [
                (-85, 0),
                (-36, -6),
                (0, 22),
                (36, -6),
                (85, 0),
                (140, 120),
                (96, 140),
                (72, 90),
                (78, 240),
                (-78, 240),
                (-72, 90),
                (-96, 140),
                (-140, 120),
            ],
            "#1f8f8a",
            "zigzag",
            "#fdf6e0",
        ),
    ]
    for px, py, pts, colour, kind, second in things:
        shape = moved(pts, px, py, 1, s.rng.uniform(-4, 4))
        s.fill(shape, colour)
        if kind:
            f.pattern(s, shape, kind, second, 48)
        for side in (-1, 1):
            s.fill(rect(px + side * 46 - 8, py - 28, 16, 48), "#e0b070")
    s.fill(star(715, 500, 30, 5), "#fdf6e0")
    for side in (-1, 1):
        s.fill(rect(715 + side * 46 - 20, 470, 40, 50), dark("#2f5fa8", 0.3))
    for x, flip in ((300, False), (585, True)):
        s.fill(
            moved(
                [(-24, 0), (24, 0), (30, 90), (74, 112), (70, 142), (-16, 138)],
                x,
                372 if x < 400 else 405,
                0.85,
                0,
                flip,
            ),
            "#f06a2a",
        )
        f.pattern(
            s,
            moved([(-24, 0), (24, 0), (30, 90), (-20, 110)], x, 372 if x < 400 else 405, 0.85, 0, flip),
            "stripes",
            "#fdf6e0",
            26,
        )
    for i, (x, y) in enumerate(((560, 250), (840, 290), (1080, 220), (700, 140))):
        f.bird(s, x, y, 84, ("#27406a", "#d92f2a", "#8b3fa0", "#f5c11f")[i], flip=i % 2 == 1)
    return s


def comic(key: str) -> Sheet:
    s = Sheet(key, *A_TALL, "#fdfaf2")
    s.use("felt")
    s.care = 0.7
    sky = ("#cfe6f5", "#fbe7a8", "#f7cfd8", "#d5ecc8", "#e3d5f0", "#fbcf9a")
    for i in range(6):
        x, y = 36 + (i % 2) * 535, 36 + (i // 2) * 515
        box = rect(x, y, 520, 498)
        s.fill(box, sky[i], angle=30 + i * 20, dense=1.1)
        if i not in (2, 3):
            s.fill(rect(x, y + 400, 520, 98), ("#8fc24a", "#c9a86a")[i % 2], angle=3)
        _panel(s, i, x, y)
        s.line(box, "#1d1a22", 11, closed=True)
    return s


def _bicycle(s: Sheet, x: float, y: float, z: float, flat: bool = False) -> None:
    for dx in (-90, 90):
        s.line(ellipse(x + dx * z, y, 62 * z, (46 if flat and dx > 0 else 62) * z), "#23202a", 9, closed=True)
        for k in range(4):
            s.line(moved([(-56, 0), (56, 0)], x + dx * z, y, z, k * 45), "#8a8a98", 2.5)
    frame = moved(
        [(-90, 0), (-40, -90), (60, -95), (90, 0), (60, -95), (-5, 0), (-40, -90), (-5, 0), (-90, 0)], x, y, z
    )
    s.line(frame, "#d93a2b", 9)
    s.line(moved([(60, -95), (52, -130), (84, -140)], x, y, z), "#23202a", 8)
    s.line(moved([(-40, -90), (-46, -112), (-70, -114), (-22, -114)], x, y, z), "#23202a", 9)


def _bubble(s: Sheet, x: float, y: float, w: float) -> None:
    s.shape([(x - 18, y + w * 0.3), (x - 44, y + w * 0.6), (x + 22, y + w * 0.34)], "#ffffff", width=5)
    s.shape(ellipse(x, y, w * 0.55, w * 0.38), "#ffffff", width=5)


def _panel(s: Sheet, i: int, x: float, y: float) -> None:
    boy: dict[str, Any] = {
        "skin": "#f4cfae",
        "hair": "#8c2f1c",
        "style": "spiky",
        "top": "#e8639a",
        "bottom": "#2f5fa8",
        "naive": 0.45,
    }
    girl: dict[str, Any] = {
        "skin": "#74452a",
        "hair": "#1d1a22",
        "style": "bun",
        "top": "#f2a922",
        "bottom": "#2e8f4e",
        "wear": "overall",
        "naive": 0.45,
    }
    if i == 0:
        _bicycle(s, x + 330, y + 385, 1.0, flat=True)
        people.person(s, x + 115, y + 455, 330, arms=(-125, -55), **boy)
        _bubble(s, x + 330, y + 110, 190)
        s.line([(x + 330, y + 60), (x + 328, y + 128)], "#d93a2b", 16)
        s.dot(x + 329, y + 155, 10, "#d93a2b")
    elif i == 1:
        _bicycle(s, x + 150, y + 385, 0.9, flat=True)
        left, _ = people.person(s, x + 390, y + 460, 350, arms=(-150, 60), **girl)
        s.line([(left[0] - 10, left[1] + 60), (left[0] + 5, left[1] - 60)], "#6a6a78", 16)
        s.line(arc(left[0] + 9, left[1] - 84, 27, 27, 150, 400), "#6a6a78", 15)
        _bubble(s, x + 150, y + 110, 200)
        s.line(ellipse(x + 150, y + 108, 38), "#23202a", 7, closed=True)
        s.line([(x + 200, y + 92), (x + 216, y + 110), (x + 240, y + 70)], "#2e8f4e", 10)
    elif i == 2:
        for k in range(9):
            s.line(moved([(120, 0), (250, 0)], x + 250, y + 250, 1, k * 40 + 12), "#f5a0b5", 18)
        s.line(ellipse(x + 260, y + 270, 150), "#23202a", 20, closed=True)
        s.shape(ellipse(x + 260, y + 270, 32), "#8a8a98")
        for k in range(6):
            s.line(moved([(34, 0), (142, 0)], x + 260, y + 270, 1, k * 60), "#8a8a98", 6)
        s.shape(tube(curve((x + 520, y + 470), (x + 450, y + 400), (x + 392, y + 330)), 90, 56), girl["top"])
        s.shape(people.hand(x + 400, y + 350, 150, -50), girl["skin"])
        s.shape(rect(x + 70, y + 120, 84, 50), "#d93a2b")
    elif i == 3:
        s.fill(rect(x, y + 330, 520, 168), "#b5774a", angle=4)
        people.person(s, x + 160, y + 490, 400, arms=(60, 20), **boy)
        s.shape([(x + 60, y + 300), (x + 260, y + 300), (x + 280, y + 470), (x + 45, y + 470)], "#fdfdf8")
        s.shape(rect(x + 290, y + 270, 180, 74), "#7a4526")
        s.shape(rect(x + 290, y + 245, 180, 40), "#f7cfd8")
        for k in range(4):
            s.shape(ellipse(x + 312 + k * 46, y + 240, 15), "#d9303a", width=4)
        s.shape(rect(x + 270, y + 342, 220, 20), "#d5e3ea")
        for k in range(3):
            s.line(
                curve(
                    (x + 330 + k * 46, y + 200),
                    (x + 320 + k * 46, y + 160),
                    (x + 338 + k * 46, y + 120),
                    (x + 326 + k * 46, y + 80),
                ),
                "#8a8a98",
                5,
            )
    elif i == 4:
        people.person(s, x + 120, y + 465, 330, arms=(130, -10), **boy)
        people.person(s, x + 400, y + 465, 340, arms=(190, 50), **girl)
        s.shape(ellipse(x + 260, y + 330, 66, 20), "#d5e3ea")
        s.shape([(x + 215, y + 322), (x + 255, y + 255), (x + 310, y + 322)], "#7a4526")
        s.shape(ellipse(x + 256, y + 252, 14), "#d9303a", width=4)
        s.shape(heart(x + 260, y + 120, 52), "#d9303a")
    else:
        f.sun(s, x + 400, y + 130, 60, "#f0702e", rays=12)
        _bicycle(s, x + 255, y + 410, 1.15)
        people.person(s, x + 190, y + 345, 260, arms=(60, 15), **boy)
        people.person(s, x + 300, y + 350, 250, arms=(-130, -40), **girl)
