"""Women's Day: women who are seen, one or a whole street of them."""

from __future__ import annotations

import math

from . import figures as f
from . import people
from .strokes import A_TALL, A_WIDE, Sheet, arc, curve, ellipse, heart, light, mix, moved, rect, star


def flower_hair(key: str) -> Sheet:
    s = Sheet(key, *A_TALL)
    s.use("gouache")
    s.ink = None
    s.care = 0.8
    s.ground("#f2c8a0", "#f0b89a", "#eaa58f", angle=50)
    hair = curve(
        (565, 1180),
        (330, 1200),
        (130, 1040),
        (50, 760),
        (80, 420),
        (260, 160),
        (565, 70),
        (870, 160),
        (1050, 420),
        (1080, 760),
        (1000, 1040),
        (800, 1200),
        closed=True,
    )
    s.fill(hair, "#1f1a3f", angle=70)
    for k in range(26):
        a = math.radians(150 + k * 9.2)
        s.line(
            curve(
                (565 + 180 * math.cos(a), 800 + 200 * math.sin(a)),
                (565 + 330 * math.cos(a + 0.12), 720 + 400 * math.sin(a + 0.12)),
                (565 + 450 * math.cos(a), 680 + 560 * math.sin(a)),
            ),
            "#3a3470",
            9,
        )
    skin = "#a5663c"
    s.fill(
        curve(
            (490, 1080),
            (640, 1080),
            (660, 1320),
            (930, 1430),
            (1040, 1600),
            (90, 1600),
            (200, 1430),
            (470, 1320),
            closed=False,
        ),
        skin,
        angle=80,
    )
    s.fill(
        curve((200, 1440), (420, 1400), (565, 1500), (720, 1400), (930, 1440), (1060, 1610), (70, 1610)),
        "#5b2a86",
        angle=10,
    )
    s.fill(
        curve(
            (565, 1190),
            (420, 1120),
            (370, 920),
            (390, 720),
            (565, 640),
            (740, 720),
            (760, 920),
            (710, 1120),
            closed=True,
        ),
        skin,
        angle=78,
    )
    s.fill(
        curve((380, 830), (400, 690), (565, 620), (740, 690), (755, 830), (660, 720), (565, 700), (470, 720)), "#1f1a3f"
    )
    for side in (-1, 1):
        ex = 565 + side * 92
        s.fill(arc(ex, 880, 58, 34, 10, 170), "#1d1420")
        s.fill(arc(ex, 872, 58, 28, 10, 170), skin)
        for k in range(4):
            b = math.radians(40 + k * 34)
            s.line(
                [(ex + 52 * math.cos(b), 890 + 28 * math.sin(b)), (ex + 66 * math.cos(b), 896 + 46 * math.sin(b))],
                "#1d1420",
                5,
            )
        s.line(arc(ex, 830, 66, 28, 205, 335), "#1d1420", 12)
        s.fill(ellipse(565 + side * 128, 985, 42), "#d9694a")
        s.fill(ellipse(565 + side * 205, 1040, 24, 36), "#f5c11f")
        s.dot(565 + side * 205, 1098, 15, "#d9305a")
    s.line(curve((562, 870), (545, 960), (540, 985), (575, 998)), "#7a4527", 9)
    s.fill(curve((490, 1072), (540, 1050), (565, 1060), (590, 1050), (640, 1072), (565, 1108), closed=True), "#c2304f")
    s.line(curve((490, 1073), (565, 1080), (640, 1073)), "#7a1f33", 5)
    s.line(arc(565, 1330, 165, 70, 15, 165), "#f5c11f", 15)
    spots = [
        (260, 330, 88),
        (470, 220, 76),
        (690, 240, 92),
        (880, 360, 80),
        (180, 560, 82),
        (940, 600, 94),
        (360, 520, 70),
        (560, 420, 84),
        (780, 520, 66),
        (180, 820, 70),
        (960, 850, 76),
        (280, 1010, 62),
        (860, 1050, 62),
        (300, 740, 46),
        (850, 740, 46),
    ]
    for i, (x, y, r) in enumerate(spots):
        f.flower(
            s,
            x,
            y,
            r,
            ("#e8452f", "#f5c11f", "#f08ab0", "#fdf3e0", "#f0803a", "#7fb8e0", "#b58ae0")[i % 7],
            ("#fdf1b8", "#d9502f", "#5b2a86")[i % 3],
            5 + i % 4,
        )
    for _ in range(30):
        a, q = s.rng.uniform(math.pi * 0.95, math.tau + 0.15), s.rng.uniform(330, 520)
        s.fill(
            moved(
                [(-34, 0), (0, -15), (36, 0), (0, 14)],
                565 + q * 0.9 * math.cos(a),
                700 + q * 1.1 * math.sin(a),
                1,
                s.rng.uniform(0, 180),
            ),
            s.pick(("#4f9f5f", "#86b84a", "#2f8a6a")),
        )
    f.bird(s, 420, 350, 74, "#3fa0c8", turn=-14)
    f.bird(s, 660, 560, 60, "#f2a922", flip=True)
    f.bird(s, 800, 170, 66, "#e8639a", flip=True, turn=12)
    return s


def grandmother(key: str) -> Sheet:
    s = Sheet(key, *A_TALL, "#e6d3b3")
    s.use("pastel")
    s.care = 0.9
    s.ink = "#33202a"
    s.fill(rect(30, 30, 1070, 1540), "#2f8f8a", angle=50)
    for x, y in s.over(150):
        if not (230 < x < 900 and y > 150):
            f.flower(s, x, y, 40, s.pick(("#f5c11f", "#f08a5a", "#fdf0d8")), "#c2305f", 5)
    s.shape(
        curve((60, 1590), (120, 1330), (330, 1220), (565, 1260), (800, 1220), (1010, 1330), (1070, 1590)), "#7a2f5f"
    )
    s.shape(
        curve(
            (250, 720),
            (290, 380),
            (565, 200),
            (840, 380),
            (880, 720),
            (850, 1080),
            (760, 1300),
            (565, 1400),
            (370, 1300),
            (280, 1080),
            closed=True,
        ),
        "#d9402f",
    )
    for k in range(28):
        a = math.radians(140 + k * 9.7)
        x, y = 565 + 270 * math.cos(a), 740 + 450 * math.sin(a)
        s.shape(star(x, y, 34, 4, 0.5, k * 9.7), ("#f5c11f", "#fdf0d8", "#2f5fa8")[k % 3], width=5)
    s.shape(ellipse(565, 790, 232, 300), "#c98a5a")
    s.fill(
        curve((360, 660), (420, 540), (565, 490), (710, 540), (770, 660), (640, 560), (565, 545), (490, 560)), "#dcd6d0"
    )
    for side in (-1, 1):
        ex = 565 + side * 92
        s.shape(curve((ex - 52, 770), (ex, 738), (ex + 52, 770), (ex, 796), closed=True), "#fdf8ee", width=9)
        s.dot(ex, 768, 20, "#3a2418")
        s.line(arc(ex, 720, 66, 26, 200, 340), "#8a7a74", 15)
        s.line(arc(ex, 800, 56, 22, 20, 160), "#9c5f3a", 7)
        for k in range(3):
            s.line([(ex + side * 66, 770 + k * 14), (ex + side * (108 - k * 8), 752 + k * 26)], "#9c5f3a", 6)
        s.fill(ellipse(565 + side * 130, 900, 46), "#e07a5a")
        s.line(curve((565 + side * 60, 880), (565 + side * 106, 940), (565 + side * 96, 1000)), "#9c5f3a", 7)
    for k in range(3):
        s.line(arc(565, 660 - k * 34, 120 - k * 12, 18, 200, 340), "#a86a44", 6)
    s.line(curve((560, 770), (530, 880), (540, 905), (590, 905)), "#8a4f2f", 11)
    s.line(arc(565, 950, 96, 46, 15, 165), "#9a2733", 17)
    s.shape([(500, 1310), (640, 1310), (720, 1560), (600, 1500), (565, 1400), (520, 1500), (420, 1560)], "#d9402f")
    for x, y in ((470, 1500), (660, 1500), (570, 1350)):
        s.shape(star(x, y, 27, 4, 0.5), "#f5c11f", width=5)
    return s


def march(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE, "#ecc39a")
    s.use("pastel")
    s.ink = None
    s.care = 0.9
    s.fill(rect(20, 20, 1560, 460), "#f0925a", angle=8)
    s.fill(ellipse(1180, 330, 150), "#fbe08a")
    for i in range(11):
        x, h = 25 + i * 143, (210, 300, 240, 350, 200, 280)[i % 6]
        s.fill(rect(x, 500 - h, 128, h), ("#5a3f7a", "#7a4a86", "#46356a")[i % 3], angle=85)
        for wy in range(500 - h + 26, 470, 52):
            for wx in (22, 78):
                s.fill(rect(x + wx, wy, 26, 28), "#fbd873")
    signs = (
        (150, 330, "#8b3fa0", 0),
        (400, 250, "#fdf3e0", 1),
        (660, 310, "#8b3fa0", 2),
        (920, 240, "#f5c11f", 3),
        (1180, 300, "#8b3fa0", 1),
        (1430, 250, "#fdf3e0", 0),
    )
    s.fill(rect(20, 500, 1560, 615), "#4a3a6a", angle=80)
    for row, (y, r, n) in enumerate(((545, 38, 16), (660, 50, 13), (810, 66, 10), (1000, 84, 8))):
        if row == 2:
            for x, top, colour, kind in signs:
                s.line([(x, top + 150), (x + 6, 860)], "#e0b57a", 16)
                s.fill(rect(x - 110, top, 220, 180), colour)
                mark = "#5b2a86" if colour != "#8b3fa0" else "#fbe08a"
                if kind == 0:
                    s.line(ellipse(x, top + 66, 36), mark, 13, closed=True)
                    s.line([(x, top + 102), (x, top + 160)], mark, 13)
                    s.line([(x - 28, top + 132), (x + 28, top + 132)], mark, 13)
                elif kind == 1:
                    s.fill(heart(x, top + 84, 56), "#d9305a")
                elif kind == 2:
                    for dy in (62, 112):
                        s.line([(x - 60, top + dy), (x + 60, top + dy)], mark, 20)
                else:
                    s.fill(people.hand(x, top + 160, 130), mark)
        for i in range(n):
            place = (i + 0.5 + 0.25 * (row % 2)) * 1600 / n + s.rng.uniform(-12, 12)
            style = s.pick(("scarf", "curly", "long", "curly", "bun", "short", "wrap", "tail"))
            skin = s.pick(people.SKINS)
            if style in ("scarf", "wrap"):
                hair = s.pick(("#d93a2b", "#f5c11f", "#2f8fa0", "#b58ae0"))
            elif skin in people.SKINS[2:6]:
                hair = s.pick(("#1d1622", "#241a30", "#d8cfd4"))
            else:
                hair = s.pick(("#4a2a1a", "#1d1622", "#8c4a1c", "#c98f35", "#8a7f8c"))
            coat = s.pick(("#d93a2b", "#f2a922", "#2f8fa0", "#b56ad0", "#e8639a", "#5fae5a", "#3f6fc0"))
            s.fill([*arc(place, y + r * 2.5, r * 1.5, r * 1.6, 180, 360)], coat, angle=80)
            people.head(s, place, y + s.rng.uniform(-10, 10), r * 0.92, skin, hair, style, coat, mood=1.2)
    return s


def chain_of_women(key: str) -> Sheet:
    s = Sheet(key, 1600, 900)
    s.use("gouache")
    s.ink = "#33203a"
    s.ground("#fbd27a", "#f9bf8a", "#f5a08a", angle=8)
    s.ink = None
    f.sun(s, 800, 190, 120, "#e8502a", rays=22, reach=2.3)
    for x, h in ((40, 260), (150, 340), (270, 230), (1230, 260), (1350, 350), (1480, 280)):
        s.fill(rect(x, 640 - h, 96, h), mix("#c2607a", "#f5a08a", 0.4), angle=88)
    s.fill(curve((0, 640), (400, 590), (800, 630), (1200, 590), (1600, 640), (1600, 900), (0, 900)), "#5f8f4a", angle=5)
    styles = ("scarf", "afro", "long", "wrap", "braids", "bun", "curly", "scarf")
    dress = ("#d92f2a", "#2f6fb0", "#f5c11f", "#8b3fa0", "#1f8f7a", "#e8639a", "#f06a2a", "#27406a")
    marks = ("dots", "zigzag", "flowers", "stripes", "checks", "dots", "flowers", "zigzag")
    for i in range(8):
        x, y, h = 115 + i * 196, 860 + 14 * (i % 2), 560 + 50 * ((i * 3) % 4 - 1)
        hair = ("#1f8f7a", "", "", "#f06a2a", "", "", "", "#e8639a")[i] or people.HAIRS[(i * 2) % 7]
        people.person(
            s,
            x,
            y,
            h,
            skin=people.SKINS[(i * 3 + 1) % 7],
            hair=hair,
            style=styles[i],
            top=dress[i],
            bottom=light(dress[i], 0.6),
            wear="dress",
            arms=(138, 42),
            naive=0.5,
        )
        r = h * 0.1325
        low, hip = y - h + 2.15 * r, y - h * 0.365
        skirt = [
            (x - h * 0.06, low + h * 0.1),
            (x + h * 0.06, low + h * 0.1),
            (x + h * 0.18, hip + h * 0.1),
            (x - h * 0.18, hip + h * 0.1),
        ]
        f.pattern(s, skirt, marks[i], light(dress[i], 0.62), 34)
    for i in range(34):
        f.flower(s, 20 + i * 48, 884 + s.rng.uniform(-14, 8), 22, s.pick(f.BRIGHT))
    return s


def umbrella(key: str) -> Sheet:
    s = Sheet(key, 1400, 1600)
    s.use("gouache")
    s.ink = None
    s.ground("#6f8fb5", "#7f9fc2", "#93b2ce", "#a9c4d9", angle=78)
    for _ in range(150):
        x, y = s.rng.uniform(10, 1390), s.rng.uniform(-20, 1420)
        if not (90 < x < 1310 and y > 380):
            s.line([(x, y), (x - 16, y + 62)], s.pick(("#e3eef7", "#4f7fae", "#c5dcec")), 8)
    s.fill(rect(0, 1400, 1400, 200), "#55607a", angle=3)
    for x, w in ((250, 200), (760, 260), (1180, 180)):
        s.fill(ellipse(x, 1520, w, 30), "#8fb0cc")
    s.line([(700, 300), (700, 1180)], "#5a351d", 24)
    c = ("#8b3fa0", "#f5c11f", "#d92f2a", "#1f8f8a", "#e8639a", "#f06a2a", "#2f6fb0")
    for i in range(7):
        x0, x1 = 50 + i * 1300 / 7, 50 + (i + 1) * 1300 / 7
        foot = curve((x0, 720), ((x0 + x1) / 2, 670), (x1, 720))
        top = (700.0, 200.0)
        s.fill(
            [
                *foot,
                *curve((x1, 720), (700 + (x1 - 700) * 0.78, 380), top)[1:],
                *curve(top, (700 + (x0 - 700) * 0.78, 380), (x0, 720))[1:],
            ],
            c[i],
            angle=90 - (i - 3) * 20,
        )
    s.fill(star(700, 185, 46, 6), "#fdf3e0")
    styles = ("wrap", "long", "afro", "scarf", "bun")
    for i, (x, h) in enumerate(((210, 600), (450, 660), (930, 690), (1170, 610))):
        people.person(
            s,
            x,
            1490,
            h,
            skin=people.SKINS[(i * 3 + 2) % 7],
            hair=("#d92f2a", "#17131f", "#5a2f1a", "#5b2a86")[i],
            style=styles[i],
            top=("#f2a922", "#1f8f8a", "#d92f2a", "#e8639a")[i],
            bottom=("#7a1f5f", "#fdf3e0", "#f5c11f", "#fdf3e0")[i],
            wear="dress",
            arms=((120, 60), (120, 50), (130, 60), (120, 60))[i],
            naive=0.45,
            shoes="#d9402f",
        )
    people.person(
        s,
        690,
        1510,
        520,
        skin="#a5683f",
        hair="#1d1622",
        style="bun",
        top="#8b3fa0",
        bottom="#f5c11f",
        wear="dress",
        arms=(140, -75),
        naive=0.7,
        shoes="#f5c11f",
    )
    return s
