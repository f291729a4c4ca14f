"""Women's Day: mimosa, hands, petals and an eight of flowers."""

from __future__ import annotations

import math

from . import figures as f
from . import people
from .strokes import A_TALL, Sheet, along, curve, dark, ellipse, heart, mix, moved, rect


def mimosa(key: str) -> Sheet:
    s = Sheet(key, *A_TALL)
    s.use("gouache")
    s.ink = None
    s.ground("#5b2a86", "#6a3596", "#7a42a5", "#6a3596", angle=35)
    s.fill(rect(0, 1230, 1130, 370), "#e8702a", angle=4)
    for i in range(6):
        s.line([(0, 1270 + i * 62), (1130, 1262 + i * 62)], "#f29a4a", 10)
    tips = [
        (140, 430),
        (270, 190),
        (470, 110),
        (680, 140),
        (880, 240),
        (1010, 470),
        (330, 480),
        (560, 360),
        (790, 470),
        (110, 700),
        (1020, 740),
        (450, 640),
        (700, 660),
    ]
    for tx, ty in tips:
        path = curve((565, 1080), ((tx + 565) / 2 + (tx - 565) * 0.25, (ty + 1080) / 2 + 70), (tx, ty))
        s.line(path, "#2e6f3a", 9)
        for i, (x, y, a) in enumerate(along(path, 44)):
            if i > 4:
                side = 1 if i % 2 else -1
                for k in range(3):
                    s.line(
                        moved([(0, 0), (60 - k * 8, 0)], x, y, 1, a + side * (38 + k * 16)),
                        s.pick(("#4f9a4f", "#7fb55a", "#2f7f4a")),
                        6,
                    )
    for tx, ty in tips:
        for _ in range(56):
            a, q = s.rng.uniform(0, math.tau), s.rng.gauss(0, 58)
            s.dot(
                tx + q * math.cos(a),
                ty + q * 1.2 * math.sin(a) + 16,
                s.rng.uniform(11, 22),
                s.pick(("#f7d51f", "#fbe24a", "#f2b81f", "#fdf09a", "#eda81a")),
            )
    vase = curve(
        (450, 1050),
        (680, 1050),
        (665, 1130),
        (770, 1290),
        (730, 1450),
        (640, 1500),
        (490, 1500),
        (400, 1450),
        (360, 1290),
        (465, 1130),
        closed=True,
    )
    s.fill(ellipse(585, 1505, 250, 40), "#9a3f1f")
    s.fill(vase, "#f3f0e8", angle=80)
    for y, half in ((1180, 145), (1420, 160)):
        s.line(curve((565 - half, y), (565, y + 22), (565 + half, y)), "#2f5fa8", 15)
    for k in range(5):
        f.flower(s, 425 + k * 70, 1300 + (14 if k in (1, 2, 3) else 0), 42, "#2f5fa8", "#f5c11f")
    for _ in range(24):
        s.dot(s.rng.uniform(60, 1080), s.rng.uniform(1480, 1580), s.rng.uniform(9, 16), "#f7d51f")
    return s


def hands_globe(key: str) -> Sheet:
    s = Sheet(key, 1500, 1500, "#fdf8ec")
    s.use("print")
    s.ink = None
    s.care = 1.2
    colours = (*f.BRIGHT, "#6a4a2c", "#c2306a", "#27406a", "#9ac23a")
    for i in range(12):
        a = math.tau * (i + 0.5) / 12
        reach = 715 / max(abs(math.cos(a)), abs(math.sin(a)), 0.86)
        x, y = 750 + reach * math.cos(a), 750 + reach * math.sin(a)
        s.fill(
            people.hand(x, y, 370 * s.about(1, 0.08), math.degrees(a) - 90 + s.rng.uniform(-7, 7), i % 2 == 0),
            colours[i * 5 % 12],
        )
    for x, y in ((90, 90), (1410, 90), (90, 1410), (1410, 1410)):
        s.fill(heart(x, y, 52, s.rng.uniform(-20, 20)), s.pick(colours))
    s.use("gouache")
    s.ink = None
    s.fill(ellipse(750, 750, 375), "#fdf8ec")
    s.fill(ellipse(750, 750, 350), "#2f86c8", angle=20)
    for i, part in enumerate(f.land(750, 750, 340)):
        s.fill(part, ("#4fa04a", "#86b83a", "#2e8f5a", "#5fae4a")[i])
    s.use("print")
    s.line(ellipse(750, 750, 352), "#1f4f86", 13, closed=True)
    return s


def mandala(key: str) -> Sheet:
    s = Sheet(key, 1500, 1500, "#fefbf3")
    s.use("felt")
    s.care = 1.0
    c = 750.0
    rings = (
        (700, 24, "#5b2a86", "#f5c11f"),
        (560, 18, "#e8639a", "#fdf3e0"),
        (430, 16, "#1fa0a0", "#f06a2a"),
        (300, 12, "#f2a922", "#d93a2b"),
        (180, 8, "#8b3fa0", "#fdf3e0"),
    )
    s.shape(ellipse(c, c, 725), "#fbe7a8", width=6)
    for k, (r, n, one, two) in enumerate(rings):
        inner = rings[k + 1][0] if k + 1 < len(rings) else 80
        mid, half = (r + inner) / 2, (r - inner) / 2
        for i in range(n):
            a = 360 / n * (i + 0.5 * (k % 2))
            wide = math.pi * mid / n * 0.92
            petal = curve((-half, 0), (-half * 0.2, -wide), (half * 1.05, 0), (-half * 0.2, wide), closed=True)
            rad = math.radians(a)
            x, y = c + mid * math.cos(rad), c + mid * math.sin(rad)
            s.shape(moved(petal, x, y, 1, a), one if i % 2 else mix(one, "#ffffff", 0.35), width=5)
            s.shape(moved(ellipse(half * 0.1, 0, half * 0.42, wide * 0.45), x, y, 1, a), two, width=4)
            s.dot(x, y, max(5, wide * 0.16), dark(one, 0.4))
        for i in range(n * 2):
            rad = math.tau * (i + 0.5) / (n * 2)
            s.dot(c + (r + 4) * math.cos(rad), c + (r + 4) * math.sin(rad), 9, dark(two, 0.2))
    s.shape(ellipse(c, c, 84), "#f5c11f", width=6)
    people.features(s, c, c, 74, 7)
    for i in range(4):
        x, y = (110 if i % 2 else 1390), (110 if i < 2 else 1390)
        f.flower(s, x, y, 84, f.BRIGHT[i * 2], petals=8)
    return s


def eight_of_flowers(key: str) -> Sheet:
    s = Sheet(key, *A_TALL, "#6a3a94")
    s.use("cut")
    s.ink = None
    for i in range(9):
        s.fill(rect(i * 126, -10, 62, 1620), "#74459f")
    loops = [
        *((565 + 250 * math.sin(t), 500 - 270 * math.cos(t)) for t in (math.tau * i / 15 for i in range(15))),
        *((565 + 320 * math.sin(t), 1110 + 330 * math.cos(t)) for t in (math.tau * i / 19 for i in range(19))),
    ]
    for x, y in loops:
        for _k in range(2):
            s.fill(
                moved([(0, 0), (40, -26), (96, -20), (130, 0), (96, 20), (40, 24)], x, y, 0.9, s.rng.uniform(0, 360)),
                s.pick(("#3f8f4a", "#6aae4a", "#2f7f5f")),
            )
    for i, (x, y) in enumerate(loops):
        f.flower(
            s,
            x + s.rng.uniform(-8, 8),
            y + s.rng.uniform(-8, 8),
            s.rng.uniform(64, 92),
            ("#f5c11f", "#f08ab0", "#fdf3e0", "#f0702e", "#e8452f", "#8fd0e0")[(i * 5) % 6],
            ("#d9402f", "#f5c11f", "#5b2a86")[i % 3],
            6 + i % 3,
        )
    for x, y, turn, c in (
        (130, 180, 20, "#f5c11f"),
        (980, 300, -30, "#f08ab0"),
        (120, 860, 10, "#8fd0e0"),
        (1010, 800, -20, "#f0702e"),
        (565, 500, -12, "#fdf3e0"),
        (560, 1110, 14, "#f5c11f"),
    ):
        for side in (-1, 1):
            s.fill(moved(curve((0, 0), (20, -70), (84, -70), (70, -10), closed=True), x, y, 1, turn, side < 0), c)
            s.fill(
                moved(curve((0, 0), (66, 6), (60, 56), (14, 46), closed=True), x, y, 1, turn, side < 0),
                mix(c, "#d9402f", 0.35),
            )
        s.fill(moved(ellipse(0, 0, 9, 46), x, y, 1, turn), "#2a1a3a")
    return s
