"""Migration as what one takes along: houses, stamps, a quilt, a suitcase, the first night."""

from __future__ import annotations

import math

from . import figures as f
from . import people
from .strokes import (
    A_TALL,
    A_WIDE,
    Sheet,
    along,
    arc,
    curve,
    dark,
    ellipse,
    heart,
    light,
    mix,
    moved,
    rect,
    star,
    tube,
    turned,
)


def house_sails(key: str) -> Sheet:
    s = Sheet(key, *A_TALL)
    s.use("gouache")
    s.ink = None
    s.ground("#141f52", "#1c2f73", "#29489a", "#3d6cb8", "#5c93cc", angle=3)
    for _ in range(60):
        s.dot(s.rng.uniform(30, 1100), s.rng.uniform(20, 760), s.rng.uniform(2.5, 7), "#fbf0c0")
    s.fill(ellipse(910, 220, 125), "#fbe9a4")
    s.fill(ellipse(955, 195, 98), "#1c2f73")
    for x, top, w, wall, roof in (
        (250, 470, 240, "#e8b23a", "#c2352b"),
        (560, 250, 300, "#f3e3c2", "#d9562a"),
        (880, 520, 220, "#e57f95", "#7c3f98"),
    ):
        s.line([(x, top - 70), (x, 1150)], "#5a351d", 20)
        for n in range(2 if w < 290 else 3):
            foot = top + w * (0.95 + n * 0.8) + 60
            width = w * (0.82 + 0.14 * n)
            f.house(s, x - width / 2, foot, width, width * 0.52, mix(wall, "#ffffff", n * 0.15), roof, pane="#ffd85a")
    s.fill([(60, 1130), (1070, 1100), (930, 1340), (240, 1350)], "#9c3d22")
    s.fill([(60, 1130), (1070, 1100), (1050, 1150), (85, 1180)], "#e0a03a")
    for i in range(5):
        x = 280 + i * 135
        s.fill(ellipse(x, 1240, 36), "#fbe9c4")
        people.features(s, x, 1240, 34, 4)
        s.line(arc(x, 1234, 36, 36, 190, 350), s.pick(people.HAIRS), 18)
    s.fill(
        curve((0, 1310), (250, 1270), (520, 1330), (800, 1270), (1130, 1320), (1130, 1600), (0, 1600)),
        "#146c86",
        angle=5,
    )
    for row in range(6):
        y = 1330 + row * 46
        for x in range(-20 + row % 2 * 60, 1130, 150):
            s.line(arc(x + 60, y + 12, 55, 20, 190, 350), s.pick(("#7fd0d6", "#2fa0b0", "#d9f2ee")), 9)
    f.fish(s, 300, 1500, 110, "#f2a922", "#d9442a")
    f.fish(s, 800, 1530, 90, "#e8639a", "#fbe38a", flip=True)
    return s


def stamp_flowers(key: str) -> Sheet:
    s = Sheet(key, *A_TALL, "#d8b98c")
    s.use("gouache")
    s.ink = None
    s.fill(rect(0, 1330, 1130, 270), "#efe2c4", angle=3)
    heads = [
        (250, 380, 150, "#b5302a"),
        (560, 250, 175, "#1f4f96"),
        (880, 400, 155, "#5b2a86"),
        (390, 640, 130, "#1f7a4d"),
        (740, 640, 140, "#d9602a"),
        (150, 690, 105, "#1f6f86"),
        (985, 720, 110, "#c2306a"),
    ]
    for x, y, r, _ in heads:
        s.line(curve((565, 1220), ((x + 565) / 2 + (x - 565) * 0.2, (y + 1220) / 2 + 60), (x, y + r)), "#3c7a3f", 15)
    for x, y, side in ((420, 930, -1), (690, 900, 1), (480, 1060, -1), (660, 1060, 1), (800, 860, 1), (330, 880, -1)):
        s.fill(
            moved([(0, 0), (40, -40), (110, -60), (165, -40), (110, 0), (50, 14)], x, y, 1, 0, side < 0),
            s.pick(("#4f9a4a", "#2e7f4e", "#86b04a")),
        )
    s.fill([(390, 1110), (740, 1110), (720, 1500), (410, 1500)], "#7a1f33", angle=85)
    for x, y, r, _ in heads:
        s.fill(ellipse(x, y, r * 1.04), "#f6ead0")
    s.line(ellipse(565, 1290, 92), "#e8c15a", 9, closed=True)
    s.line(ellipse(565, 1290, 40, 92), "#e8c15a", 6, closed=True)
    for dy in (-45, 0, 45):
        s.line([(565 - math.sqrt(92**2 - dy**2), 1290 + dy), (565 + math.sqrt(92**2 - dy**2), 1290 + dy)], "#e8c15a", 6)
    s.line([(440, 1430), (690, 1430)], "#e8c15a", 10)
    s.use("print", 0.95)
    for i, (x, y, r, colour) in enumerate(heads):
        s.line(ellipse(x, y, r), colour, 13, closed=True)
        s.line(ellipse(x, y, r * 0.78), colour, 6, closed=True)
        for k in range(18):
            a = math.tau * k / 18
            s.line(
                [
                    (x + r * 0.84 * math.cos(a), y + r * 0.84 * math.sin(a)),
                    (x + r * 0.93 * math.cos(a), y + r * 0.93 * math.sin(a)),
                ],
                colour,
                8,
            )
        if i % 3 == 0:
            s.fill(moved(f.PLANE, x, y, r / 150, -30), colour)
        elif i % 3 == 1:
            f.swallow(s, x, y, r * 0.42, colour, -15)
        else:
            s.fill(star(x, y, r * 0.5, 6), colour)
        for k in range(3):
            s.line(
                curve(
                    *((x - r * 1.05 + r * 0.3 * q, y + r * (0.42 + k * 0.13) + (9 if q % 2 else -9)) for q in range(8))
                ),
                mix(colour, "#d8b98c", 0.35),
                5,
            )
    return s


def quilt(key: str) -> Sheet:
    s = Sheet(key, 1500, 1500, "#efe6d5")
    s.use("cut")
    s.ink = None
    palette = (
        "#b5302a",
        "#e08a2c",
        "#f2c14a",
        "#3f7f5f",
        "#2f6f9a",
        "#27406a",
        "#7a3f7f",
        "#d97a9a",
        "#efe0c0",
        "#1fa0a0",
    )
    n, k = 5, 0
    size = 1420 / n
    for row in range(n):
        for col in range(n):
            x, y = 40 + col * size + s.rng.uniform(-8, 8), 40 + row * size + s.rng.uniform(-8, 8)
            one = palette[(k * 7 + row * 3) % 10]
            two = palette[(k * 7 + row * 3 + 4) % 10]
            patch = turned(rect(x, y, size * 0.99, size * 0.99), s.rng.uniform(-3, 3))
            s.fill(patch, one)
            cx, cy = x + size / 2, y + size / 2
            _patch(s, k, cx, cy, size, one, two, light(two, 0.65))
            k += 1
    for i in range(1, n):
        for j in range(52):
            a, b = 50 + j * 27.5, 40 + i * size
            s.line([(a, b + s.rng.uniform(-5, 5)), (a + 15, b + s.rng.uniform(-5, 5))], "#fdf6e3", 5)
            s.line([(b + s.rng.uniform(-5, 5), a), (b + s.rng.uniform(-5, 5), a + 15)], "#fdf6e3", 5)
    return s


def _patch(s: Sheet, k: int, cx: float, cy: float, size: float, one: str, two: str, pale: str) -> None:
    kind = (k * 8 + k // 13 * 3) % 13
    if kind == 0:
        f.house(s, cx - size * 0.25, cy + size * 0.34, size * 0.5, size * 0.38, pale, two, dark(two), "#fbe38a")
    elif kind == 1:
        for i in range(4):
            y = cy - size * 0.3 + i * size * 0.2
            s.line(
                curve(*((cx - size * 0.42 + q * size * 0.14, y + (13 if q % 2 else -13)) for q in range(7))),
                pale if i % 2 else two,
                16,
            )
    elif kind == 2:
        f.sun(s, cx, cy, size * 0.19, two if two != one else pale, rays=12, reach=2.1)
    elif kind == 3:
        f.fish(s, cx + 10, cy, size * 0.52, pale, two, turn=-12)
    elif kind == 4:
        s.fill(rect(cx - size * 0.06, cy - size * 0.02, size * 0.09, size * 0.36), pale)
        s.fill(ellipse(cx, cy - size * 0.16, size * 0.19), pale)
        s.fill(ellipse(cx, cy - size * 0.16, size * 0.08), one)
        s.fill(rect(cx, cy + size * 0.2, size * 0.16, size * 0.05), pale)
        s.fill(rect(cx, cy + size * 0.28, size * 0.12, size * 0.05), pale)
    elif kind == 5:
        s.fill(star(cx, cy, size * 0.38, 8, 0.5), two)
        s.fill(star(cx, cy, size * 0.22, 8, 0.5), pale)
    elif kind == 6:
        for i in range(5):
            w = size * (0.9 - i * 0.17)
            s.fill(turned(rect(cx - w / 2, cy - w / 2, w, w), i * 9), (two, pale, one)[i % 3])
    elif kind == 7:
        for dx, dy in ((-0.22, -0.22), (0.22, -0.22), (0, 0), (-0.22, 0.22), (0.22, 0.22)):
            s.fill(ellipse(cx + dx * size, cy + dy * size, size * 0.11), pale if dx else two)
    elif kind == 8:
        s.fill(
            [
                (cx - size * 0.38, cy + size * 0.1),
                (cx + size * 0.38, cy + size * 0.1),
                (cx + size * 0.22, cy + size * 0.32),
                (cx - size * 0.22, cy + size * 0.32),
            ],
            two,
        )
        s.fill([(cx, cy - size * 0.38), (cx, cy + size * 0.06), (cx + size * 0.28, cy + size * 0.06)], pale)
        s.fill([(cx - 8, cy - size * 0.26), (cx - 8, cy + size * 0.06), (cx - size * 0.22, cy + size * 0.06)], pale)
    elif kind == 9:
        f.flower(s, cx, cy, size * 0.32, two, pale, 8)
    elif kind == 10:
        for i in range(6):
            x = cx - size * 0.42 + i * size * 0.15
            s.fill(
                [
                    (x, cy - size * 0.42),
                    (x + size * 0.08, cy - size * 0.42),
                    (x + size * 0.08, cy + size * 0.42),
                    (x, cy + size * 0.42),
                ],
                (two, pale)[i % 2],
            )
    elif kind == 11:
        s.fill(people.hand(cx, cy + size * 0.4, size * 0.72, 6), two)
        s.fill(heart(cx - 4, cy + size * 0.18, size * 0.09), pale)
    else:
        s.fill(
            [
                (cx - size * 0.44, cy + size * 0.4),
                (cx - size * 0.12, cy - size * 0.3),
                (cx + size * 0.16, cy + size * 0.4),
            ],
            two,
        )
        s.fill(
            [
                (cx - size * 0.06, cy + size * 0.4),
                (cx + size * 0.2, cy - size * 0.1),
                (cx + size * 0.44, cy + size * 0.4),
            ],
            pale,
        )


def open_suitcase(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE, "#fbf5e6")
    s.use("gouache")
    s.ink = None
    s.ground("#f2b8a8", "#f0c2a8", "#eecbaa", angle=20)
    s.fill(rect(0, 900, 1600, 230), "#7a4f3a", angle=3)
    s.fill([(240, 130), (1360, 110), (1390, 600), (215, 610)], "#7a2f1f")
    s.fill([(290, 175), (1310, 160), (1335, 590), (268, 596)], "#6fb8e0", angle=10)
    for i, c in enumerate(("#d9402f", "#f08a2c", "#f5c62a", "#4fa04f", "#3f7fc1", "#7a3f9a")):
        s.line(arc(800, 620, 430 - i * 34, 400 - i * 34, 195, 345), c, 35)
    f.sun(s, 400, 270, 52, rays=12)
    f.cloud(s, 1140, 270, 180)
    f.cloud(s, 620, 250, 130)
    s.fill([(200, 610), (1400, 600), (1460, 990), (140, 1000)], "#8a3a24")
    s.fill([(240, 620), (1365, 612), (1400, 860), (205, 870)], "#6aa84a", angle=10)
    f.tree(s, 340, 800, 270, "#3f8f4a")
    f.tree(s, 1290, 800, 250, "#e08a2c")
    f.tree(s, 820, 700, 170, "#2f7f5a", kind="pine")
    f.house(s, 430, 780, 190, 130, "#f6e3b8", "#c2352b")
    f.house(s, 650, 730, 130, 95, "#e8a0b0", "#5b2a86")
    f.house(s, 900, 790, 210, 140, "#a8d0e8", "#d9702a")
    s.fill(tube(curve((760, 860), (740, 800), (800, 740), (860, 700)), 70, 22), "#e8d0a0")
    people.person(
        s,
        700,
        860,
        190,
        style="bun",
        hair="#d5d0d0",
        skin="#c68655",
        top="#8b3fa0",
        bottom="#5b2a86",
        wear="dress",
        arms=(160, -40),
        naive=0.6,
    )
    people.person(s, 1170, 855, 170, style="short", top="#2e8f4e", skin="#c68655", arms=(-140, 40), naive=0.6)
    s.fill(ellipse(1060, 838, 42, 26), "#3b3540")
    s.fill(ellipse(1105, 815, 22), "#3b3540")
    s.fill([(1090, 800), (1094, 774), (1106, 796), (1118, 774), (1122, 800)], "#3b3540")
    s.line(curve((1020, 838), (990, 820), (1000, 780)), "#3b3540", 11)
    s.fill([(150, 870), (1450, 860), (1460, 1000), (140, 1010)], "#a8482c", angle=2)
    for x in (420, 1180):
        s.fill(rect(x - 45, 850, 90, 165), "#6a2a1a", angle=88)
        s.fill(rect(x - 34, 900, 68, 54), "#f2c64a")
    s.line(curve((700, 1010), (715, 1075), (890, 1075), (905, 1008)), "#4a1f14", 30)
    for x, y, r, c in (
        (280, 940, 46, "#2f7fc1"),
        (590, 940, 40, "#f5d27a"),
        (1010, 935, 44, "#2e8f4e"),
        (1340, 935, 42, "#e8639a"),
    ):
        s.fill(ellipse(x, y, r), c)
        s.fill(star(x, y, r * 0.65, 5), "#fdf6da")
    return s


def scratch_night(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE, "#17151d")
    s.use("scratch")
    s.ink = None
    hues = ("#ff5a4a", "#ffa52e", "#ffe14a", "#6fe06a", "#4ad0e8", "#7a8aff", "#e07af0")

    def hue(x: float, y: float) -> str:
        t = ((x * 0.9 + y + 160 * math.sin(x / 200)) / 190) % 7
        return mix(hues[int(t)], hues[(int(t) + 1) % 7], t % 1)

    x = 40.0
    while x < 1540:
        w, h = s.rng.uniform(80, 150), s.rng.uniform(170, 480)
        top = 1010 - h
        s.line([(x, 1010), (x, top), (x + w, top), (x + w, 1010)], hue(x, top), 6)
        if s.rng.random() < 0.5:
            s.line([(x, top), (x + w / 2, top - 70), (x + w, top)], hue(x, top), 6)
        else:
            s.line([(x + w / 2, top), (x + w / 2, top - 60)], hue(x, top), 5)
        for wy in range(int(top) + 28, 970, 54):
            for wx in range(int(x) + 16, int(x + w) - 24, 36):
                if s.rng.random() < 0.6:
                    s.fill(rect(wx, wy, 20, 28), hue(wx, wy), dense=1.6)
                else:
                    s.line(rect(wx, wy, 20, 28), hue(wx, wy), 3, closed=True)
        x += w + 12
    for px in range(30, 1580, 26):
        s.line([(px, 1040 + s.rng.uniform(-8, 8)), (px + 60, 1090 + s.rng.uniform(-10, 10))], hue(px, 1050), 4)
    moon = ellipse(1330, 210, 115)
    s.fill(moon, "#ffe9a0", dense=1.5)
    s.line(moon, "#ffe9a0", 6, closed=True)
    for i in range(5):
        ring = arc(1330, 210, 150 + i * 36, 150 + i * 36, 60, 240)
        for (ax, ay), (bx, by) in zip(ring[::3], ring[2::3], strict=False):
            s.line([(ax, ay), (bx, by)], hue(ax, ay), 4.5)
    for _ in range(70):
        x, y = s.rng.uniform(50, 1550), s.rng.uniform(40, 560)
        if math.hypot(x - 1330, y - 210) > 160:
            for k in range(4):
                d = s.rng.uniform(10, 22)
                s.line(moved([(-d, 0), (d, 0)], x, y, 1, k * 45), hue(x + 400, y), 3.5)
    loops = curve((90, 560), (300, 440), (450, 280), (380, 170), (290, 250), (420, 360), (650, 330), (820, 230))
    for i, (x, y, a) in enumerate(along(loops, 24)):
        if i % 2:
            s.line(moved([(-9, 0), (9, 0)], x, y, 1, a), "#f5f5ff", 5)
    plane = moved([(-120, 10), (130, -70), (-40, 70)], 920, 190, 1.1, -4)
    s.fill(plane, "#f5f5ff", dense=1.3)
    s.line(plane, "#f5f5ff", 6, closed=True)
    s.line(moved([(130, -70), (-70, 34), (-66, 110), (-40, 70)], 920, 190, 1.1, -4), "#ffd0e8", 6)
    return s
