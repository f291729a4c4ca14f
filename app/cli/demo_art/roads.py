"""Migration as a way: roots, footprints, trains, scarves and houses on the move."""

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
    inside,
    light,
    mix,
    moved,
    rect,
    star,
    tube,
)


def tree_of_roads(key: str) -> Sheet:
    s = Sheet(key, 1500, 1500, "#fcf9f0")
    s.use("water")
    s.fill(rect(40, 40, 1420, 800), "#8fcdea", dense=0.7)
    s.fill(rect(40, 830, 1420, 630), "#dba860", dense=0.9)
    for _ in range(95):
        a, q = s.rng.uniform(0, math.tau), math.sqrt(s.rng.random())
        colour = s.pick(("#5fae4d", "#2f8a52", "#a9c93f", "#f0b62d", "#e8842c", "#3fa08a"))
        s.fill(ellipse(750 + 520 * q * math.cos(a), 380 + 300 * q * math.sin(a), s.rng.uniform(30, 75)), colour)
    s.fill(
        [(660, 880), (700, 620), (640, 480), (690, 470), (740, 580), (790, 440), (840, 460), (800, 640), (850, 880)],
        "#8a5a32",
        dense=1.6,
    )
    roots = [
        ((690, 860), (560, 960), (380, 940), (240, 1080), (110, 1100)),
        ((720, 870), (640, 1060), (480, 1150), (430, 1300), (260, 1390)),
        ((750, 870), (760, 1050), (700, 1220), (790, 1420)),
        ((790, 870), (900, 1020), (1050, 1080), (1080, 1260), (1230, 1390)),
        ((820, 860), (960, 950), (1160, 920), (1290, 1040), (1420, 1060)),
    ]
    s.use("gouache")
    s.ink = None
    for knots in roots:
        s.fill(tube(curve(*knots), 66, 44), "#565661")
    for knots in roots:
        for i, (x, y, a) in enumerate(along(curve(*knots), 26)):
            if i % 2 and i > 2:
                s.line(moved([(-9, 0), (9, 0)], x, y, 1, a), "#fdf6da", 6)
    s.ink = "#2d2733"
    for i, (x, y, w) in enumerate(
        ((40, 1180, 110), (180, 1480, 120), (735, 1490, 110), (1210, 1490, 120), (1370, 1150, 100))
    ):
        f.house(s, x, y, w, w * 0.62, f.BRIGHT[(i * 3) % 8], f.BRIGHT[(i * 3 + 4) % 8])
    for i, (knots, share) in enumerate(zip(roots, (0.55, 0.5, 0.6, 0.45, 0.6), strict=True)):
        path = curve(*knots)
        x, y = path[int(len(path) * share)]
        s.shape(
            moved([(-38, 6), (-36, -14), (-18, -16), (-8, -34), (18, -34), (26, -14), (40, -10), (40, 8)], x, y - 10),
            f.BRIGHT[(i * 5 + 2) % 8],
        )
        for dx in (-20, 22):
            s.shape(ellipse(x + dx, y, 10), "#23202a")
    for i, (x, y) in enumerate(((430, 240), (1060, 300), (760, 160), (900, 560), (560, 520), (300, 420), (1190, 480))):
        f.bird(s, x, y, 42, f.BRIGHT[i], flip=i % 2 == 0)
    s.line([(660, 880), (700, 640), (650, 500)], "#3a2a20", 6)
    s.line([(850, 880), (800, 660), (830, 480)], "#3a2a20", 6)
    return s


def footprint_map(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE, "#eef3f2")
    s.use("water")
    s.fill(rect(30, 30, 1540, 1070), "#7fc0d8", dense=0.85)
    s.fill(ellipse(500, 800, 380, 200), "#3f9ec4", dense=0.5)
    s.fill(ellipse(1200, 900, 330, 160), "#5fb0a8", dense=0.5)
    lands: list[tuple[Points, str, str]] = [
        (
            curve((130, 130), (470, 90), (600, 190), (480, 330), (400, 440), (260, 380), (180, 260), closed=True),
            "#d2452f",
            "#f08a3c",
        ),
        (
            curve((400, 520), (560, 560), (610, 690), (500, 960), (430, 1030), (400, 830), closed=True),
            "#e0a81e",
            "#c9541f",
        ),
        (curve((770, 160), (960, 90), (1010, 220), (900, 350), (760, 310), closed=True), "#4a3f9a", "#8b3fa0"),
        (
            curve((770, 450), (960, 410), (1080, 520), (990, 700), (930, 900), (830, 720), (730, 590), closed=True),
            "#1f7a4d",
            "#6aa52f",
        ),
        (
            curve((1060, 120), (1330, 80), (1530, 190), (1500, 400), (1300, 520), (1130, 400), closed=True),
            "#c22f6a",
            "#e8639a",
        ),
        (curve((1260, 740), (1430, 690), (1530, 800), (1440, 930), (1280, 900), closed=True), "#b5541f", "#e0a81e"),
    ]
    s.use("gouache")
    s.ink = None
    for shore, one, _ in lands:
        s.fill(shore, mix(one, "#fff6e0", 0.78))
    s.use("print")
    for shore, one, two in lands:
        left, right = min(x for x, _ in shore), max(x for x, _ in shore)
        top, low = min(y for _, y in shore), max(y for _, y in shore)
        y, row = top + 20, 0
        while y < low:
            x = left + (row % 2) * 26
            while x < right:
                if inside(shore, x, y) and inside(shore, x, y - 26):
                    _foot(s, x, y, 0.3, s.rng.uniform(-50, 50), s.pick((one, one, two, dark(one, 0.25))), row % 2 == 0)
                x += 52
            y += 62
            row += 1
    for path, colour in (
        (curve((520, 700), (680, 780), (790, 620)), "#2b2430"),
        (curve((900, 800), (1060, 960), (1290, 830)), "#2b2430"),
        (curve((560, 240), (660, 130), (780, 240)), "#2b2430"),
        (curve((1010, 560), (1120, 610), (1250, 480)), "#2b2430"),
    ):
        for i, (x, y, a) in enumerate(along(path, 34)):
            off = 11 if i % 2 else -11
            rad = math.radians(a)
            _foot(s, x - math.sin(rad) * off, y + math.cos(rad) * off, 0.2, a + 90, colour, i % 2 == 0)
    return s


def _foot(s: Sheet, x: float, y: float, size: float, turn: float, colour: str, left: bool) -> None:
    sole = curve(
        (-22, 70),
        (-30, 30),
        (-26, -10),
        (-38, -50),
        (0, -76),
        (36, -48),
        (26, 0),
        (26, 50),
        (0, 84),
        closed=True,
        steps=4,
    )
    s.fill(moved(sole, x, y, size, turn, left), colour)
    for tx, ty, r in ((-34, -88, 17), (-8, -102, 13), (13, -98, 12), (31, -86, 11), (45, -70, 9)):
        (px, py), *_ = moved([(tx, ty)], x, y, size, turn, left)
        s.dot(px, py, r * size, colour)


def walking_house(key: str) -> Sheet:
    s = Sheet(key, *A_TALL, "#f7dd8a")
    s.use("pastel")
    s.care = 1.7
    f.sun(s, 960, 170, 100, "#ef6a2a", rays=12)
    s.fill(curve((0, 1370), (300, 1310), (700, 1360), (1130, 1300), (1130, 1590), (0, 1590)), "#4f9a4a", angle=75)
    s.fill(
        curve((0, 1440), (400, 1400), (800, 1470), (1130, 1410), (1130, 1500), (800, 1550), (400, 1490), (0, 1530)),
        "#c99a63",
        angle=5,
    )
    for hip, knee, foot in (((430, 1010), (360, 1200), (300, 1420)), ((660, 1010), (790, 1170), (800, 1400))):
        s.shape(tube(curve(hip, knee, foot), 84, 60), "#2f5fa8")
        s.shape(moved(curve((-50, -34), (30, -30), (120, 4), (110, 36), (-50, 36), closed=True), *foot), "#c8201f")
    s.shape(tube(curve((840, 800), (960, 840), (980, 960)), 60, 46), "#e88aa0")
    s.shape(tube(curve((250, 800), (120, 720), (90, 560)), 60, 46), "#e88aa0")
    s.shape(ellipse(90, 540, 40), "#f0c09a")
    for i in range(4):
        s.line(moved([(0, 0), (0, -62)], 90, 520, 1, -45 + i * 28), "#d99a70", 15)
    f.suitcase(s, 985, 1080, 210, "#8b3fa0", 4)
    s.shape(rect(700, 300, 90, 190), "#9c4a2a")
    for i, (x, y, r) in enumerate(((760, 230, 40), (820, 150, 52), (720, 90, 44))):
        s.fill(ellipse(x, y, r), "#f7f1e6" if i % 2 else "#d5cfc8")
    s.shape(rect(240, 560, 610, 480), "#e88aa0")
    s.shape([(180, 570), (540, 260), (910, 570)], "#b8322a")
    for row in range(4):
        y = 550 - row * 66
        for k in range(9 - row * 2):
            s.line(arc(270 + row * 74 + k * 70, y - 24, 33, 30, 0, 180), "#7a1f1c", 9)
    for x in (400, 690):
        s.shape(rect(x - 78, 640, 156, 150), "#fdf6da")
        s.shape(ellipse(x + 10, 720, 42), "#3a78b8")
        s.dot(x + 16, 722, 20, "#1d1a22")
    s.line(arc(545, 850, 150, 100, 15, 165), "#8f1f2a", 24)
    s.shape([(500, 1040), (500, 900), (590, 900), (590, 1040)], "#7a4526")
    for i in range(7):
        f.flower(s, 80 + i * 160, s.about(1560, 0.01), 36, s.pick(f.BRIGHT))
    return s


def train(key: str) -> Sheet:
    s = Sheet(key, 1600, 900)
    s.use("felt")
    s.care = 1.3
    s.fill(rect(0, 0, 1600, 520), "#fdeec2", angle=8, dense=0.7)
    for i, colour in enumerate(("#f7c6d4", "#c8dff2", "#cfe8c0")):
        s.fill(
            curve(
                (0, 470 + i * 60),
                (350, 380 + i * 70),
                (800, 480 + i * 50),
                (1250, 390 + i * 60),
                (1600, 470 + i * 50),
                (1600, 760),
                (0, 760),
            ),
            colour,
            angle=60 + i * 20,
        )
    s.fill(rect(0, 730, 1600, 170), "#d9b27a", angle=3)
    for x in range(20, 1600, 62):
        s.shape(moved(rect(-13, 0, 26, 90), x, 755, 1, s.rng.uniform(-8, 8)), "#8a5a32", width=4)
    for y in (772, 828):
        s.line([(0, y), (1600, y + 2)], "#4a4a55", 9)
    wagons = (
        (60, "#d93a2b", "#f7c5b8"),
        (345, "#f2a922", "#fdebb5"),
        (630, "#2e8f4e", "#cfe9c4"),
        (915, "#2f7fc1", "#c5dff5"),
    )
    styles = ("braids", "curly", "scarf", "short", "long", "afro", "bun", "spiky")
    n = 0
    for i, (x, colour, pane) in enumerate(wagons):
        s.shape(rect(x, 450, 262, 260), colour)
        s.shape([(x - 16, 455), (x + 30, 405), (x + 232, 405), (x + 278, 455)], dark(colour, 0.25))
        s.line([(x + 262, 690), (x + 285, 690)], "#2b2430", 13)
        for wx in (20, 140):
            s.shape(rect(x + wx, 490, 102, 120), pane, width=5)
            hx, hy, skin = x + wx + 51, 560.0, people.SKINS[(n * 3 + 1) % 7]
            hair, style = people.HAIRS[(n * 2) % 7] if styles[n % 8] != "scarf" else "#8b3fa0", styles[n % 8]
            people.head(s, hx, hy, 34, skin, hair, style, dark(colour))
            n += 1
        f.pattern(s, rect(x + 10, 630, 242, 70), ("dots", "zigzag", "flowers", "dots")[i], light(colour, 0.6), 34)
        for wx in (60, 200):
            s.shape(ellipse(x + wx, 735, 46), "#3b3540")
            s.shape(ellipse(x + wx, 735, 18), "#f5c11f", width=4)
    s.shape([(1205, 710), (1205, 430), (1350, 430), (1350, 520), (1520, 520), (1550, 600), (1540, 710)], "#8b3fa0")
    s.shape(rect(1190, 400, 175, 38), "#5f2a76")
    s.shape(rect(1232, 470, 90, 90), "#fdf1c4", width=5)
    people.head(s, 1277, 522, 30, people.SKINS[3], "#1d1a22", "wrap", "#f2a922")
    s.shape([(1420, 520), (1405, 400), (1490, 400), (1475, 520)], "#3b3540")
    s.shape([(1545, 640), (1596, 725), (1520, 725)], "#d93a2b")
    for wx, r in ((1260, 46), (1400, 52), (1500, 40)):
        s.shape(ellipse(wx, 780 - r, r), "#3b3540")
        s.shape(ellipse(wx, 780 - r, r * 0.4), "#f5c11f", width=4)
    for i, (x, y, r) in enumerate(
        (
            (1430, 330, 46),
            (1330, 245, 56),
            (1190, 190, 62),
            (1030, 150, 68),
            (850, 150, 72),
            (660, 120, 76),
            (450, 150, 70),
            (240, 120, 76),
        )
    ):
        f.flower(s, x, y, r, f.BRIGHT[(i * 3) % 8], petals=7)
    return s


def scarf_road(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE, "#f3e6cf")
    s.use("cut")
    s.ink = None
    s.fill(rect(0, 0, 1600, 560), "#f6c88a")
    s.fill(ellipse(1260, 250, 150), "#f0702e")
    ranges: tuple[tuple[Points, str], ...] = (
        ([(0, 560), (200, 330), (380, 470), (620, 280), (900, 560)], "#c77a9a"),
        ([(700, 580), (980, 300), (1180, 470), (1390, 330), (1600, 540), (1600, 600)], "#8f5f9c"),
    )
    for pts, colour in ranges:
        s.fill(pts, colour)
    s.fill(curve((0, 600), (400, 520), (900, 610), (1600, 500), (1600, 1130), (0, 1130)), "#7fa65a")
    s.fill(curve((0, 860), (500, 760), (1000, 850), (1600, 720), (1600, 1130), (0, 1130)), "#4f8a5f")
    path = curve(
        (330, 760), (520, 900), (820, 950), (1000, 800), (860, 660), (960, 560), (1180, 600), (1330, 520), (1420, 430)
    )
    ribbon = tube(path, 190, 34)
    s.fill(ribbon, "#b5253a")
    for i, (x, y, a) in enumerate(along(path, 46)):
        share = 1 - i / 34
        size = 190 * max(0.2, share) * 0.5
        c = ("#f5c11f", "#fdf1d8", "#2f8fa0")[i % 3]
        s.fill(moved([(0, -size * 0.6), (size * 0.36, 0), (0, size * 0.6), (-size * 0.36, 0)], x, y, 1, a), c)
    for x, y, w, c, r in (
        (560, 720, 110, "#fdf1d8", "#c2452f"),
        (690, 700, 90, "#f0b8a0", "#7a3f5f"),
        (1070, 690, 80, "#f5d27a", "#a8452a"),
        (1150, 930, 130, "#f0b8a0", "#2f6f86"),
        (1330, 900, 110, "#fdf1d8", "#c2452f"),
        (770, 1080, 120, "#f5d27a", "#7a3f5f"),
    ):
        f.house(s, x, y, w, w * 0.7, c, r)
    for i, (x, top) in enumerate(((1330, 330), (1385, 270), (1440, 310), (1495, 230), (1548, 300))):
        s.fill(rect(x, top, 52, 200), ("#2f4f7a", "#3f6f96", "#27406a")[i % 3])
        for wy in range(int(top) + 16, 480, 34):
            for wx in (10, 30):
                s.fill(rect(x + wx, wy, 12, 16), "#fbe38a")
    s.fill([(20, 1130), (60, 880), (180, 790), (380, 800), (480, 900), (520, 1130)], "#4a2a5f")
    s.fill(
        curve((110, 620), (130, 400), (280, 330), (430, 410), (440, 640), (400, 830), (160, 830), closed=True),
        "#b5253a",
    )
    for i in range(9):
        a = math.radians(170 + i * 25)
        s.fill(
            star(278 + 148 * math.cos(a), 585 + 190 * math.sin(a), 25, 4, turn=i * 20),
            ("#f5c11f", "#fdf1d8", "#2f8fa0")[i % 3],
        )
    s.fill(ellipse(280, 600, 112, 138), "#b87a4f")
    for side in (-1, 1):
        s.fill(arc(280 + side * 44, 590, 28, 20, 180, 360), "#2b1f24")
        s.line(arc(280 + side * 44, 560, 30, 16, 200, 340), "#6a4030", 5)
        s.fill(ellipse(280 + side * 66, 648, 22), "#d9785f")
        s.line(arc(280 + side * 88, 595, 18, 24, 90 - side * 50, 90 - side * 110), "#8a5638", 4)
    s.line(curve((280, 600), (266, 636), (286, 644)), "#8a5638", 5)
    s.line(arc(280, 665, 44, 30, 15, 165), "#8f2a33", 9)
    return s
