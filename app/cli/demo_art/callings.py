"""Gender in what one may become: player, astronaut, dancer, builder."""

from __future__ import annotations

import math

from . import figures as f
from . import people
from .strokes import (
    A_TALL,
    A_WIDE,
    Sheet,
    arc,
    curve,
    ellipse,
    heart,
    moved,
    rect,
    star,
    tube,
)


def football(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE)
    s.use("gouache")
    s.ink = None
    s.fill(rect(0, 0, 1600, 330), "#6fb8e8", angle=4)
    for i in range(90):
        x, y = 12 + (i % 45) * 36, 205 + (i // 45) * 48 + s.rng.uniform(-8, 8)
        s.dot(x, y, 17, s.pick(people.SKINS))
        s.fill(rect(x - 18, y + 14, 36, 30), s.pick(f.BRIGHT))
    s.fill(rect(0, 296, 1600, 40), "#f5f0e0", angle=2)
    for i in range(8):
        s.fill(
            [(i * 200 - 60, 330), (i * 200 + 140, 330), (i * 230 + 80, 1130), (i * 230 - 150, 1130)],
            ("#3f9a45", "#57b04f")[i % 2],
            angle=75,
        )
    s.line(arc(800, 760, 430, 180, 0, 360), "#f5f5e8", 12)
    s.line([(0, 760), (1600, 750)], "#f5f5e8", 11)
    s.line(rect(1290, 180, 290, 260), "#fdfdf5", 16, closed=True)
    for k in range(1, 9):
        s.line([(1290 + k * 32, 184), (1290 + k * 32, 436)], "#e8eef0", 3.5)
        s.line([(1292, 180 + k * 29), (1578, 180 + k * 29)], "#e8eef0", 3.5)
    red, blue = ("#d92f2a", "#fdf6e0"), ("#f5c11f", "#27406a")
    team = [
        (190, 690, 360, "braids", red),
        (480, 590, 300, "scarf", blue),
        (760, 640, 330, "tail", red),
        (1050, 600, 310, "afro", blue),
        (1410, 690, 350, "bun", red),
        (330, 1050, 470, "curly", blue),
        (700, 1080, 520, "long", red),
        (1130, 1060, 490, "short", blue),
    ]
    for i, (x, y, h, style, (top, bottom)) in enumerate(team):
        hair = "#27406a" if style == "scarf" else people.HAIRS[(i * 3) % 7]
        arms = ((-140, -35), (160, -50), (-120, 30), (150, 20))[i % 4]
        people.person(
            s,
            x,
            y,
            h,
            skin=people.SKINS[(i * 2 + 1) % 7],
            hair=hair,
            style=style,
            top=top,
            bottom=bottom,
            arms=arms,
            stride=0.13,
            naive=0.55,
            shoes="#1d1a22",
        )
    s.fill(ellipse(905, 1010, 62), "#fdfdf8")
    s.fill(star(905, 1010, 26, 5, 0.8), "#1d1a22")
    for k in range(5):
        a = math.radians(-90 + 72 * k)
        s.fill(ellipse(905 + 48 * math.cos(a), 1010 + 48 * math.sin(a), 14), "#1d1a22")
    return s


def astronaut(key: str) -> Sheet:
    s = Sheet(key, *A_TALL, "#1c1a3a")
    s.use("chalk")
    s.ink = None
    s.care = 1.5
    for _ in range(120):
        s.dot(
            s.rng.uniform(15, 1115),
            s.rng.uniform(15, 1585),
            s.rng.uniform(3, 8),
            s.pick(("#ffffff", "#fff0a0", "#bfe3ff")),
        )
    for _ in range(12):
        s.fill(star(s.rng.uniform(40, 1090), s.rng.uniform(40, 1200), s.rng.uniform(20, 40), 5), "#ffe14a")
    s.fill(ellipse(190, 250, 130), "#f0763a", angle=20)
    s.line(arc(190, 250, 215, 60, -25, 205), "#ffd98a", 20)
    s.fill(ellipse(985, 150, 78), "#7fd6c2")
    s.fill(ellipse(1010, 1330, 330), "#3f8fe0", angle=30)
    for part in f.land(1010, 1330, 300):
        s.fill(part, "#5fc05a")
    s.fill(moved([(0, -190), (72, -60), (72, 130), (-72, 130), (-72, -60)], 930, 560, 0.95, 24), "#f5f0ff")
    s.fill(moved([(0, -190), (72, -60), (-72, -60)], 930, 560, 0.95, 24), "#e8452f")
    for side in (-1, 1):
        s.fill(moved([(side * 72, 40), (side * 150, 150), (side * 72, 130)], 930, 560, 0.95, 24), "#e8452f")
    s.fill(moved(ellipse(0, -5, 36), 930, 560, 0.95, 24), "#4ab0e8")
    for dx, c in ((-34, "#ffa52e"), (0, "#ffe14a"), (34, "#ff6a3a")):
        s.fill(moved([(dx - 20, 136), (dx, 300), (dx + 20, 136)], 930, 560, 0.95, 24), c)
    tether = curve((470, 1120), (250, 1330), (480, 1500), (700, 1300), (840, 720))
    s.line(tether, "#ffd0e8", 13)
    x = 450
    for side in (-1, 1):
        s.fill(tube(curve((x + side * 70, 1130), (x + side * 120, 1270), (x + side * 90, 1400)), 110, 96), "#f2f2fa")
        s.fill(ellipse(x + side * 105, 1425, 86, 48), "#b58ae8")
        reach = (
            ((x - 130, 890), (x - 290, 830), (x - 330, 660))
            if side < 0
            else ((x + 130, 890), (x + 250, 960), (x + 310, 1090))
        )
        s.fill(tube(curve(*reach), 92, 80), "#f2f2fa")
        s.fill(ellipse(*reach[-1], 52), "#b58ae8")
    s.fill(
        curve((x - 170, 850), (x, 800), (x + 170, 850), (x + 160, 1150), (x, 1190), (x - 160, 1150), closed=True),
        "#f2f2fa",
        angle=75,
    )
    s.fill(rect(x - 90, 940, 180, 120), "#8a8fc8")
    for i, c in enumerate(("#ff5a4a", "#ffe14a", "#6fe06a")):
        s.dot(x - 50 + i * 50, 980, 17, c)
    s.line([(x - 62, 1030), (x + 62, 1030)], "#ffffff", 9)
    s.fill(ellipse(x, 620, 245, 235), "#dfe6ff")
    s.fill(ellipse(x, 630, 196, 180), "#2f3f86")
    for side in (-1, 1):
        s.fill(tube(curve((x + side * 105, 600), (x + side * 158, 680), (x + side * 130, 770)), 46, 30), "#2a1410")
        s.fill(ellipse(x + side * 132, 770, 20), "#ff5aa0")
    s.fill(ellipse(x, 645, 122, 128), "#a8683f")
    s.fill([*arc(x, 640, 128, 136, 180, 360), (x + 60, 590), (x, 566), (x - 60, 590)], "#2a1410")
    people.features(s, x, 655, 118, 10)
    s.line(arc(x, 620, 205, 192, 200, 250), "#ffffff", 15)
    return s


def dancer(key: str) -> Sheet:
    s = Sheet(key, *A_TALL, "#fdfaf4")
    s.use("water")
    s.ink = None
    s.care = 0.8
    s.fill(ellipse(560, 720, 500, 640), "#f7d9a0", dense=0.7)
    s.fill(ellipse(330, 420, 240), "#f2a8b8", dense=0.6)
    s.fill(ellipse(830, 950, 260), "#a8d0e8", dense=0.7)
    s.fill(ellipse(560, 1450, 480, 80), "#8f7fb0", dense=0.9)
    ribbon = curve(
        (880, 330),
        (1010, 240),
        (1060, 420),
        (850, 560),
        (960, 760),
        (1060, 950),
        (760, 1120),
        (420, 1060),
        (160, 1180),
        (230, 1330),
        (520, 1290),
        (800, 1340),
        (960, 1260),
    )
    s.fill(tube(ribbon, 26, 66), "#d9305a", dense=1.7)
    skin, navy = "#b5774a", "#27507f"
    hip = (520, 900)
    s.fill(tube(curve((500, 890), (330, 960), (120, 1010)), 108, 46), navy, dense=1.7)
    s.fill(tube(curve((560, 890), (720, 1010), (640, 1200), (600, 1330)), 112, 46), navy, dense=1.7)
    s.fill(moved(curve((-40, -16), (50, -22), (70, 4), (-30, 22), closed=True), 90, 1018, 1, 165), "#c2452f", dense=1.8)
    s.fill(moved(curve((-40, -16), (50, -22), (70, 4), (-30, 22), closed=True), 596, 1362, 1, 80), "#c2452f", dense=1.8)
    s.fill(tube(curve((470, 620), (300, 560), (180, 420), (110, 330)), 76, 36), skin, dense=1.6)
    s.fill(tube(curve((620, 610), (750, 560), (840, 430), (880, 330)), 76, 36), skin, dense=1.6)
    s.fill(
        curve((440, 590), (640, 580), (630, 760), (600, 920), (460, 925), (450, 760), closed=True), "#f5f0e6", dense=0.6
    )
    s.fill(
        curve((440, 590), (640, 580), (630, 760), (600, 920), (460, 925), (450, 760), closed=True), "#e8a52e", dense=1.5
    )
    s.fill(rect(510, 500, 66, 110), skin, dense=1.6)
    s.fill(ellipse(545, 430, 98, 112, 8), skin, dense=1.6)
    s.fill([*arc(545, 415, 108, 112, 165, 370), (600, 380), (530, 350), (470, 400)], "#2a1c18", dense=2.0)
    s.use("pencil")
    s.care = 0.7
    s.line(ellipse(545, 430, 98, 112, 8), "#3a2a30", 3.5, closed=True)
    for ex in (512, 582):
        s.line(arc(ex, 432, 22, 16, 10, 170), "#2b1f24", 6)
        s.line(arc(ex, 410, 25, 14, 200, 340), "#2b1f24", 4)
    s.line(arc(548, 468, 34, 24, 15, 165), "#8f2a33", 5)
    s.line(curve((546, 430), (538, 456), (552, 460)), "#6a4030", 3)
    s.line(curve((440, 590), (640, 580), (630, 760), (600, 920), (460, 925), (450, 760), closed=True), "#3a2a30", 3.5)
    for pts in (
        ((470, 610), (300, 580), (170, 440)),
        ((620, 600), (770, 560), (860, 420)),
        ((500, 940), (330, 1010), (130, 1040)),
        ((640, 900), (780, 1010), (700, 1190), (630, 1320)),
    ):
        s.line(curve(*pts), "#3a2a30", 3.2)
    for k in range(10):
        a = math.radians(200 + k * 15)
        s.line(
            [
                (hip[0] + 560 * math.cos(a), 760 + 620 * math.sin(a)),
                (hip[0] + 600 * math.cos(a), 760 + 660 * math.sin(a)),
            ],
            "#b58a3f",
            4,
        )
    return s


def robot_builder(key: str) -> Sheet:
    s = Sheet(key, *A_TALL, "#f7f6f1")
    s.use("ink", 0.6)
    for k in range(1, 40):
        s.line([(10, k * 40), (1120, k * 40)], "#b9d3e6", 1.6)
        if k < 28:
            s.line([(k * 40, 10), (k * 40, 1590)], "#b9d3e6", 1.6)
    s.use("felt")
    s.care = 0.9
    s.shape(rect(300, 480, 520, 520), "#8fc4d8")
    s.shape(rect(370, 150, 380, 290), "#f2c64a")
    s.shape(rect(500, 435, 120, 50), "#8a8a98")
    s.line([(560, 150), (560, 60)], "#3b3540", 10)
    s.shape(star(560, 50, 44, 8), "#d93a2b")
    for x in (465, 655):
        s.shape(ellipse(x, 260, 58), "#fdfdf8")
        s.shape(ellipse(x + 6, 264, 24), "#2f7fc1")
    s.shape(rect(440, 350, 240, 54), "#fdfdf8")
    for k in range(1, 6):
        s.line([(440 + k * 40, 350), (440 + k * 40, 404)], "#2b2430", 5)
    for side in (-1, 1):
        x = 560 + side * 260
        for k in range(6):
            s.shape(ellipse(x + side * (30 + k * 22), 560 + k * 52, 32), ("#d9d9e3", "#b5b5c8")[k % 2])
        hx, hy = x + side * 160, 900
        s.line(arc(hx, hy, 52, 52, 120 if side > 0 else 150, 390), "#d93a2b", 26)
        s.shape(rect(560 + side * 130 - 55, 1000, 110, 300), "#b5b5c8")
        for k in range(4):
            s.line([(560 + side * 130 - 55, 1050 + k * 62), (560 + side * 130 + 55, 1050 + k * 62)], "#5a5a6a", 6)
        s.shape(ellipse(560 + side * 140, 1330, 112, 52), "#8b3fa0")
    s.shape(heart(560, 640, 88), "#d93a2b")
    for k in range(8):
        a = math.tau * k / 8
        s.shape(ellipse(410 + 56 * math.cos(a), 870 + 56 * math.sin(a), 15), "#f06a2a", width=4)
    s.shape(ellipse(410, 870, 52), "#f06a2a")
    s.shape(ellipse(410, 870, 18), "#fdfdf8")
    for k, c in enumerate(("#2e8f4e", "#f5c11f", "#e8639a")):
        s.shape(rect(590, 800 + k * 56, 160 - k * 36, 36), c, width=4)
    s.line([(930, 1560), (1010, 820)], "#a8703f", 16)
    s.line([(1085, 1560), (1060, 820)], "#a8703f", 16)
    for k in range(8):
        s.line([(940 + k * 9, 1490 - k * 88), (1080 - k * 3, 1490 - k * 88)], "#a8703f", 13)
    left, _ = people.person(
        s,
        1000,
        1130,
        520,
        skin="#e3ab7c",
        hair="#4a2a1a",
        style="tail",
        top="#2e8f4e",
        bottom="#d9602a",
        wear="overall",
        arms=(-160, 40),
        naive=0.5,
    )
    s.line([left, (left[0] - 90, left[1] - 30)], "#5a5a6a", 16)
    people.person(
        s,
        130,
        1540,
        430,
        skin="#9c6238",
        hair="#1d1a22",
        style="short",
        top="#f2a922",
        bottom="#2f5fa8",
        arms=(110, -40),
        naive=0.5,
    )
    for x, y in ((300, 1480), (420, 1530), (560, 1480), (700, 1530)):
        s.shape(ellipse(x, y, 30), "#8a8a98")
        s.shape(ellipse(x, y, 12), "#f7f6f1", width=4)
    for x, y, turn in ((150, 330, 20), (190, 180, -30), (950, 240, 12), (1010, 420, -20)):
        s.line(moved([(-44, 0), (44, 0)], x, y, 1, turn), "#5a5a6a", 12)
        s.shape(moved(star(44, 0, 26, 6, 0.8), x, y, 1, turn), "#8a8a98", width=4)
    return s
