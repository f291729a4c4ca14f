"""Migration as a crossing: luggage, kites, fish, birds and boats that pass a line."""

from __future__ import annotations

import math

from . import figures as f
from . import people
from .strokes import (
    A_TALL,
    A_WIDE,
    Points,
    Sheet,
    along,
    arc,
    curve,
    dark,
    ellipse,
    heart,
    light,
    moved,
    rect,
    star,
    tube,
)


def flying_luggage(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE)
    s.use("crayon")
    s.care = 1.5
    s.fill(rect(20, 20, 1560, 640), "#8ec5ea", angle=12)
    f.sun(s, 150, 130, 95, rays=18)
    f.mountains(
        s,
        900,
        [(180, 520), (430, 400), (720, 540), (980, 430), (1260, 360), (1500, 520)],
        ("#7a6fb5", "#4d7fb8", "#5fa08a", "#8b5fa8", "#3f6fa8", "#6f9fb5"),
    )
    s.fill(
        curve((10, 900), (300, 850), (700, 890), (1100, 840), (1590, 890), (1590, 1110), (10, 1110), closed=False),
        "#57a548",
        angle=70,
    )
    ridge = curve((70, 770), (300, 640), (560, 720), (830, 640), (1120, 700), (1330, 590), (1550, 740))
    for i, (x, y, a) in enumerate(along(ridge, 34)):
        if i % 2:
            s.line(moved([(-12, 0), (12, 0)], x, y, 1, a), "#c8201f", 13)
    flight = [(250, 480, -12), (520, 290, -14), (800, 210, -5), (1090, 230, 4), (1380, 170, -10)]
    for i, (x, y, turn) in enumerate(flight):
        for side in (-1, 1):
            wing = [(0, 0), (40, -80), (110, -130), (96, -80), (120, -70), (90, -36), (104, -14), (40, 6)]
            s.shape(moved(wing, x + side * 60, y - 10, 0.95, turn, side < 0), "#fdfbf2", width=6)
        f.suitcase(s, x, y, 170, f.BRIGHT[(i * 3) % 8], turn)
    for i, (x, y, z) in enumerate(
        [
            (390, 130, 70),
            (660, 430, 90),
            (950, 90, 64),
            (960, 380, 84),
            (1240, 340, 76),
            (1480, 330, 70),
            (110, 330, 76),
        ]
    ):
        f.bird(s, x, y, z, f.BRIGHT[(i * 5 + 1) % 8], turn=-10)
    for i in range(13):
        f.flower(
            s,
            70 + i * 122 + s.rng.uniform(-25, 25),
            990 + s.rng.uniform(-60, 70),
            s.rng.uniform(26, 44),
            s.pick(f.BRIGHT),
        )
    return s


def kites_fence(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE)
    s.use("felt")
    s.care = 1.2
    s.fill(rect(0, 0, 1600, 760), "#bfe3f5", angle=20, dense=0.7)
    f.cloud(s, 300, 170, 230)
    f.cloud(s, 1330, 240, 260)
    s.fill(
        curve((0, 830), (400, 760), (800, 790), (1200, 750), (1600, 820), (1600, 1130), (0, 1130)), "#8fc24a", angle=80
    )
    kids = [
        (190, 1080, 430, "braids", "#d93a2b", "dress"),
        (480, 1010, 350, "curly", "#f2a922", "trousers"),
        (1120, 1020, 360, "short", "#2f7fc1", "trousers"),
        (1410, 1085, 430, "scarf", "#8b3fa0", "dress"),
    ]
    grips = []
    for i, (x, y, h, style, top, wear) in enumerate(kids):
        up = (-150, -60) if x < 800 else (-120, -30)
        left, right = people.person(
            s,
            x,
            y,
            h,
            style=style,
            top=top,
            wear=wear,
            arms=up,
            naive=0.9,
            skin=people.SKINS[(i * 2 + 1) % 7],
            hair="#2f8f8a" if style == "scarf" else None,
        )
        grips.append(right if x < 800 else left)
    for i in range(14):
        for lean in (-1, 1):
            y = 520 + i * 44
            s.line([(668, y + lean * 110), (932, y - lean * 110)], "#6a6a78", 5)
    for x in (668, 800, 932):
        s.line([(x, 430), (x + 4, 1115)], "#4a4a55", 18)
    for x, y, r in ((760, 700, 44), (845, 860, 52), (748, 960, 36)):
        s.shape(ellipse(x, y, r, r * 1.1), "#fbf7ec", "#d93a2b", 7)
        s.line(heart(x, y, r * 0.45), "#e8639a", 7)
    spots = [
        (1010, 180, "#d93a2b", "#f5c11f", 16),
        (1260, 420, "#2e8f4e", "#f2a922", -12),
        (560, 210, "#8b3fa0", "#e8639a", -14),
        (150, 400, "#2f7fc1", "#f5c11f", 10),
    ]
    for (gx, gy), (kx, ky, one, two, turn) in zip(grips, spots, strict=True):
        s.line(curve((gx, gy), ((gx + kx) / 2 + 40, (gy + ky) / 2 + 50), (kx, ky + 100)), "#3b3540", 3.5)
        north, east, south, west = moved([(0, -125), (88, -10), (0, 120), (-88, -10)], kx, ky, 1, turn)
        s.shape([north, east, (kx, ky)], one)
        s.shape([east, south, (kx, ky)], two)
        s.shape([south, west, (kx, ky)], one)
        s.shape([west, north, (kx, ky)], two)
        tail = curve(
            south, (south[0] - 50, south[1] + 60), (south[0] + 20, south[1] + 120), (south[0] - 30, south[1] + 180)
        )
        s.line(tail, dark(one), 5)
        for bx, by, _ in list(along(tail, 60))[1:]:
            s.shape([(bx - 22, by - 14), (bx - 22, by + 14), (bx + 22, by - 14), (bx + 22, by + 14)], two, width=4)
    return s


def fish_net(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE, "#fbfaf4")
    s.use("water")
    s.ink = None
    for i, c in enumerate(("#a8dcec", "#7cc4e2", "#55a8d2", "#3a8abf", "#2c6aa8")):
        s.fill(rect(0, i * 220 - 15, 1600, 280), c, dense=0.8)
    for x, h in ((60, 300), (130, 220), (1480, 330), (1560, 240), (1400, 200)):
        s.fill(
            tube(curve((x, 1130), (x - 40, 1130 - h * 0.4), (x + 40, 1130 - h * 0.7), (x, 1130 - h)), 46, 12),
            "#2f8a5a",
            dense=1.3,
        )
    s.use("crayon")
    s.care = 1.5
    s.ink = "#2b2b4a"
    hole = (850.0, 560.0, 215.0)
    for k in range(-6, 12):
        for sign in (1, -1):
            run: Points = []
            for q in range(61):
                y = q * 19.0
                at = 850 + sign * (y - 560) * 0.55 + (k - 3) * 74 + 20 * math.sin(y / 150)
                free = 600 < at < 1100 and math.hypot((at - hole[0]) * 0.8, y - hole[1]) > hole[2]
                if free:
                    run.append((at, y))
                if (not free or q == 60) and run:
                    if len(run) > 2:
                        s.line(run, "#fdf8e8", 8)
                    run = []
    for y in (30, 120):
        for x in range(620, 1100, 96):
            s.shape(ellipse(x, y - 10 if y == 30 else -60, 34), "#e8502a")
    shoal = [
        (150, 330),
        (300, 470),
        (180, 640),
        (370, 620),
        (440, 370),
        (520, 540),
        (700, 530),
        (860, 610),
        (900, 480),
        (1080, 560),
        (1230, 430),
        (1290, 620),
        (1420, 520),
        (1480, 690),
        (1440, 330),
        (330, 800),
        (560, 720),
        (1150, 760),
    ]
    for i, (x, y) in enumerate(shoal):
        f.fish(
            s,
            x,
            y,
            s.rng.uniform(92, 132),
            f.BRIGHT[(i * 3 + 1) % 8],
            f.BRIGHT[(i * 5 + 3) % 8],
            turn=s.rng.uniform(-14, 14),
        )
        s.line(ellipse(x + 80, y - 60, 10), "#fdfdff", 4, closed=True)
    for x, y in ((240, 930), (1280, 930), (720, 960)):
        s.shape(star(x, y + 60, 70, 5, 0.5, s.rng.uniform(0, 60)), "#f0913a")
    return s


def swallows(key: str) -> Sheet:
    s = Sheet(key, *A_TALL)
    s.use("gouache")
    s.ink = None
    s.ground("#2b2f6e", "#5b3f8c", "#a84f8f", "#e0607a", "#f2875a", "#f8b55a", "#fbd98a", angle=-4)
    s.fill(ellipse(560, 1120, 190), "#fdf0c0")
    s.fill(
        curve((0, 1420), (280, 1320), (565, 1290), (850, 1320), (1130, 1420), (1130, 1600), (0, 1600)),
        "#1d3a5a",
        angle=5,
    )
    for i in range(11):
        x = 70.0 + i * 96
        y = 1330 + abs(x - 565) ** 2 / 3600 + 40
        f.house(
            s,
            x,
            y,
            62,
            44,
            s.pick(("#f2a55a", "#c2566a", "#e8d5a8", "#5f8ab0")),
            s.pick(("#7a1f33", "#3f2a5a", "#a8452a")),
            "#1d2238",
            "#fff0a0",
        )
    path = curve(
        (120, 1180), (420, 1010), (820, 990), (930, 760), (560, 640), (250, 500), (420, 290), (760, 240), (1010, 90)
    )
    for i, (x, y, a) in enumerate(along(path, 112)):
        size = 40 + i * 4.6
        side = 1 if i % 2 else -1
        jitter = 34 + i * 2.4
        rad = math.radians(a)
        f.swallow(
            s,
            x - math.sin(rad) * side * jitter,
            y + math.cos(rad) * side * jitter,
            size,
            "#14163a",
            a + s.rng.uniform(-16, 16),
        )
        if i % 3 == 0:
            f.swallow(
                s,
                x + math.sin(rad) * jitter * 2.3,
                y - math.cos(rad) * jitter * 2.3,
                size * 0.75,
                "#2a1f4f",
                a + s.rng.uniform(-20, 20),
            )
    return s


def lake(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE, "#fdfbf5")
    s.use("water")
    s.ink = None
    s.fill(rect(35, 35, 1530, 520), "#8fcdf0", dense=0.8)
    s.fill(ellipse(1330, 190, 100), "#f7c21e", dense=1.6)
    for x, top, c in (
        (150, 330, "#8a8fc8"),
        (430, 250, "#6f8fc2"),
        (760, 330, "#8a7fb8"),
        (1010, 230, "#7a9fd0"),
        (1420, 310, "#7f8fc0"),
    ):
        s.fill([(x - 300, 600), (x - 90, top + 130), (x, top), (x + 120, top + 140), (x + 310, 600)], c)
    s.fill(
        curve((35, 590), (400, 520), (800, 570), (1200, 530), (1565, 580), (1565, 640), (35, 640)), "#5fa05a", dense=1.2
    )
    s.fill(rect(35, 620, 1530, 475), "#3f8fc8")
    s.fill(curve((35, 850), (500, 800), (1000, 870), (1565, 810), (1565, 1095), (35, 1095)), "#2a6fb0", dense=0.7)
    s.use("gouache")
    for i in range(15):
        x = 60 + i * 106
        w = s.rng.uniform(56, 84)
        f.house(
            s,
            x,
            640,
            w,
            w * 0.75,
            s.pick(("#f3dfb8", "#f0b8a0", "#e8e0d5", "#f5d27a")),
            s.pick(("#b8432f", "#8a4f3a", "#5a6f86")),
        )
    s.fill(
        curve(
            (548, 690),
            (556, 400),
            (575, 90),
            (640, 60),
            (720, 150),
            (760, 330),
            (700, 420),
            (640, 400),
            (590, 520),
            (574, 690),
        ),
        "#e3f2fb",
        angle=80,
    )
    for k in range(26):
        tip = (590 + s.rng.uniform(-10, 130) + k * 3, 75 + s.rng.uniform(-20, 60) + k * 14)
        s.line(curve((560, 690), (566 + k * 1.2, 400 + k * 4), tip), s.pick(("#ffffff", "#eaf6fd", "#d5ecf8")), 13)
    for _ in range(130):
        s.dot(s.rng.gauss(700, 70), s.rng.uniform(110, 640), s.rng.uniform(3, 9), "#ffffff")
    boats = (
        (250, 860, 1.1, "#d93a2b"),
        (880, 800, 0.85, "#f2a922"),
        (1180, 950, 1.35, "#2e8f4e"),
        (560, 1000, 1.2, "#8b3fa0"),
        (1430, 760, 0.7, "#e8639a"),
    )
    for i, (x, y, z, colour) in enumerate(boats):
        s.fill(moved([(-110, 0), (110, 0), (70, 52), (-74, 52)], x, y, z), dark(colour, 0.15))
        s.line(moved([(0, 0), (0, -190)], x, y, z), "#5a351d", 9 * z)
        three = (colour, "#fdfbf2", f.BRIGHT[(i * 3 + 2) % 8])
        for k, band in enumerate(three):
            s.fill(
                moved(
                    [
                        (8, -180 + k * 52),
                        (96 * (k + 0.25) / 3 + 40, -180 + k * 52),
                        (96 * (k + 1) / 3 + 46, -128 + k * 52),
                        (8, -128 + k * 52),
                    ],
                    x,
                    y,
                    z,
                ),
                band,
            )
        s.fill(moved([(-8, -150), (-8, -14), (-80, -14)], x, y, z), light(colour, 0.5))
    for _ in range(34):
        wx, wy = s.rng.uniform(70, 1480), s.rng.uniform(700, 1080)
        s.line(arc(wx, wy, 34, 9, 195, 345), "#bfe3f5", 6)
    for x, y in ((400, 770), (460, 800), (1040, 1040)):
        s.fill(
            curve((x - 50, y), (x, y - 34), (x + 44, y - 18), (x + 30, y + 16), (x - 34, y + 18), closed=True),
            "#ffffff",
        )
        s.line(curve((x + 36, y - 8), (x + 56, y - 44), (x + 46, y - 74), (x + 66, y - 78)), "#ffffff", 13)
        s.dot(x + 68, y - 76, 6, "#e8702a")
    return s
