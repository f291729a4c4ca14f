"""Women's Day: women who carry the sun, fly, sell and climb."""

from __future__ import annotations

import math

from . import figures as f
from . import people
from .strokes import A_TALL, A_WIDE, Sheet, arc, curve, ellipse, heart, mix, rect, star, tube


def carrying_sun(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE)
    s.use("gouache")
    s.ink = None
    s.care = 0.8
    s.ground("#1d2a5f", "#3a3a86", "#7a4a96", "#c25a86", "#ea7a62", "#f6a552", angle=-5)
    for r, c in ((430, "#f08a4a"), (350, "#f5a83f"), (270, "#fac53f")):
        s.fill(ellipse(800, 360, r * 0.8), c, angle=30)
    s.fill(ellipse(800, 360, 150), "#fdf0b0")
    for i in range(30):
        a = math.tau * i / 30
        s.line(
            [
                (800 + 370 * math.cos(a), 360 + 370 * math.sin(a)),
                (800 + s.about(500, 0.1) * math.cos(a), 360 + s.about(500, 0.1) * math.sin(a)),
            ],
            "#fbd36a",
            12,
        )
    s.fill(
        curve((0, 1010), (400, 880), (800, 840), (1200, 880), (1600, 1010), (1600, 1130), (0, 1130)),
        "#171433",
        angle=10,
    )
    for i, (x, y, h) in enumerate(
        ((330, 930, 400), (510, 890, 360), (690, 866, 330), (910, 866, 330), (1090, 890, 360), (1270, 930, 400))
    ):
        shade = ("#241a4a", "#2f1f4f", "#3a2250")[i % 3]
        lean = -52 if x < 800 else -128
        people.person(
            s,
            x,
            y,
            h,
            skin=shade,
            hair=shade,
            style=("bun", "long", "scarf", "afro", "braids", "wrap")[i],
            top=shade,
            bottom=("#d9402f", "#f5c11f", "#2fa0a0")[i % 3],
            wear="dress",
            arms=(lean - 14, lean + 14),
            naive=0.25,
            face=False,
            shoes=shade,
        )
    for _ in range(40):
        s.dot(s.rng.uniform(20, 1580), s.rng.uniform(15, 240), s.rng.uniform(3, 6), "#fdf0d0")
    for i in range(60):
        x = 14 + i * 27
        s.line(curve((x, 1130), (x + 4, 1090), (x + s.rng.uniform(-18, 18), 1040)), s.pick(("#2f2a5f", "#3f2f6a")), 7)
    return s


def pilot(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE)
    s.use("crayon")
    s.care = 1.6
    s.fill(rect(12, 12, 1576, 1106), "#6fb5ea", angle=28)
    f.sun(s, 1430, 150, 90, rays=14)
    for x, y, w in ((240, 190, 330), (860, 130, 260), (1350, 930, 360), (330, 1000, 380), (880, 1010, 300)):
        f.cloud(s, x, y, w)
    s.shape([(170, 540), (60, 280), (220, 290), (350, 490)], "#d93a2b")
    s.shape(
        curve(
            (90, 600),
            (250, 440),
            (700, 400),
            (1200, 410),
            (1430, 490),
            (1530, 610),
            (1400, 730),
            (1000, 760),
            (500, 750),
            (200, 690),
            closed=True,
        ),
        "#fdfbf4",
    )
    s.shape(
        curve(
            (110, 630),
            (500, 680),
            (1000, 690),
            (1480, 660),
            (1400, 730),
            (1000, 760),
            (500, 750),
            (200, 690),
            closed=True,
        ),
        "#f2a922",
    )
    s.shape([(640, 660), (900, 660), (640, 1000), (500, 1000)], "#2f7fc1")
    s.shape([(700, 420), (860, 415), (690, 220), (600, 230)], "#2f7fc1")
    s.shape(curve((1180, 450), (1390, 480), (1450, 590), (1180, 600), closed=True), "#cfeafa")
    people.head(s, 1285, 545, 76, "#b5774a", "#1d1622", "tail", "#d93a2b")
    s.shape([(1200, 470), (1370, 470), (1350, 420), (1220, 420)], "#27306a")
    s.shape(rect(1196, 468, 192, 20), "#f5c11f", width=6)
    for i in range(6):
        x = 330 + i * 136
        s.shape(ellipse(x, 545, 54), "#cfeafa")
        people.head(
            s,
            x,
            552,
            33,
            people.SKINS[(i * 2) % 7],
            people.HAIRS[(i * 3) % 7],
            ("curly", "spiky", "afro", "short", "bun", "braids")[i],
            "#e8639a",
        )
    for x in (620, 730):
        s.shape(ellipse(x, 880 - (x - 620) * 1.2, 74, 44), "#8a8a98")
    for i, (x, y) in enumerate(((120, 850), (1180, 880), (1120, 260))):
        f.bird(s, x, y, 92, ("#d93a2b", "#8b3fa0", "#2e8f4e")[i])
    for i in range(4):
        s.shape(heart(40 + i * 4 + (i % 2) * 44, 470 + i * 66, 27), "#e8639a")
    return s


def market(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE, "#fdf8ee")
    s.use("water")
    s.ink = None
    s.care = 0.8
    for i, c in enumerate(("#f7b03f", "#f28a45", "#e8627a", "#b5508a")):
        s.fill(rect(30, 30 + i * 190, 1540, 240), c, dense=0.9)
    s.fill(ellipse(1150, 420, 190), "#fbe04a", dense=1.2)
    s.fill(rect(30, 790, 1540, 310), "#a8502f", dense=1.3)
    s.use("gouache")
    s.ink = None
    s.care = 0.8
    for x, h in ((90, 560), (1500, 640)):
        f.tree(s, x, 860, h, "#3a1f3f", "#3a1f3f", "palm")
    wraps = (
        ("#d92f2a", "#f5c11f", "flowers"),
        ("#1f8f8a", "#fdf0d8", "zigzag"),
        ("#f2a922", "#7a1f5f", "dots"),
        ("#5b2a86", "#f08a5a", "stripes"),
        ("#2f6fb0", "#fbe08a", "flowers"),
    )
    for i, (x, h) in enumerate(((220, 600), (480, 660), (760, 570), (1030, 680), (1310, 610))):
        base, colour, second, kind = 1060 + (i % 2) * 26, wraps[i][0], wraps[i][1], wraps[i][2]
        skin = ("#4a2a1f", "#5a3422", "#3f241c")[i % 3]
        top = base - h
        s.fill(
            curve(
                (x - 50, top + h * 0.46),
                (x + 46, top + h * 0.46),
                (x + 84, top + h * 0.75),
                (x + 70, base),
                (x - 60, base),
                (x - 78, top + h * 0.75),
                closed=False,
            ),
            colour,
            angle=85,
        )
        f.pattern(
            s,
            [
                (x - 48, top + h * 0.48),
                (x + 46, top + h * 0.48),
                (x + 76, top + h * 0.75),
                (x + 62, base),
                (x - 54, base),
                (x - 70, top + h * 0.75),
            ],
            kind,
            second,
            42,
        )
        s.fill(
            [(x - 54, top + h * 0.24), (x + 54, top + h * 0.24), (x + 44, top + h * 0.48), (x - 48, top + h * 0.48)],
            mix(colour, second, 0.5),
        )
        arm = -1 if i % 2 else 1
        s.fill(
            tube(
                curve((x + arm * 46, top + h * 0.27), (x + arm * 110, top + h * 0.13), (x + arm * 62, top - 8)), 36, 24
            ),
            skin,
        )
        s.fill(
            tube(
                curve((x - arm * 46, top + h * 0.27), (x - arm * 84, top + h * 0.42), (x - arm * 60, top + h * 0.56)),
                36,
                24,
            ),
            skin,
        )
        s.fill(rect(x - 17, top + h * 0.16, 34, h * 0.1), skin)
        s.fill(ellipse(x, top + h * 0.11, 52, 60), skin)
        s.fill(
            curve(
                (x - 56, top + h * 0.08),
                (x - 60, top),
                (x, top - 30),
                (x + 60, top),
                (x + 56, top + h * 0.08),
                (x, top + h * 0.04),
                closed=True,
            ),
            second,
        )
        s.dot(x + arm * 50, top + h * 0.15, 9, "#f5c11f")
        s.fill([(x - 120, top - 76), (x + 120, top - 76), (x + 70, top - 8), (x - 70, top - 8)], "#c98f4a", angle=5)
        for k in range(4):
            s.line([(x - 104 + k * 8, top - 62 + k * 15), (x + 104 - k * 8, top - 62 + k * 15)], "#8a5a2a", 5)
        for k in range(7):
            fx = x - 92 + k * 31
            s.fill(
                ellipse(fx, top - 90 - (20 if k % 2 else 0), 27),
                (
                    ("#d92f2a", "#f06a2a"),
                    ("#86b83a", "#2e8f4e"),
                    ("#f5c11f", "#f2a922"),
                    ("#8b3fa0", "#c2306a"),
                    ("#f06a2a", "#86b83a"),
                )[i][k % 2],
            )
    return s


def ladder_moon(key: str) -> Sheet:
    s = Sheet(key, *A_TALL, "#20244f")
    s.use("pastel")
    s.ink = None
    s.care = 1.3
    s.fill(rect(15, 15, 1100, 1570), "#2f3a86", angle=62)
    for i in range(9):
        s.line(
            arc(820, 320, 300 + i * 62, 300 + i * 62, s.rng.uniform(80, 120), s.rng.uniform(190, 270)),
            ("#5a6fc8", "#7a8ad8", "#4050a0")[i % 3],
            20,
        )
    s.fill(ellipse(820, 320, 240), "#fbe48a", angle=20)
    s.fill(ellipse(910, 265, 44), "#f0c860")
    s.fill(ellipse(760, 410, 56), "#f0c860")
    s.fill(ellipse(880, 440, 28), "#f0c860")
    for _ in range(26):
        x, y = s.rng.uniform(40, 1090), s.rng.uniform(40, 1150)
        if math.hypot(x - 820, y - 320) > 300:
            s.fill(star(x, y, s.rng.uniform(20, 40), 5), s.pick(("#fdf3c0", "#fbd873", "#ffffff")))
    s.fill(curve((0, 1440), (300, 1350), (700, 1400), (1130, 1330), (1130, 1600), (0, 1600)), "#2f7a5a", angle=80)
    s.line([(250, 1440), (640, 420)], "#f0b57a", 27)
    s.line([(400, 1450), (760, 470)], "#f0b57a", 27)
    for i in range(12):
        t = i / 12
        s.line([(262 + 378 * t, 1405 - 985 * t), (415 + 345 * t, 1410 - 940 * t)], "#e0965a", 22)
    people.person(
        s,
        520,
        1030,
        430,
        skin="#9c6238",
        hair="#171322",
        style="braids",
        top="#e8452f",
        bottom="#f5c11f",
        wear="dress",
        arms=(-130, -62),
        naive=0.8,
        shoes="#fdf3e0",
    )
    people.person(
        s,
        170,
        1480,
        330,
        skin="#e3ab7c",
        hair="#8c2f1c",
        style="bun",
        top="#b58ae0",
        bottom="#fdf3e0",
        wear="dress",
        arms=(-140, -30),
        naive=0.8,
    )
    people.person(
        s,
        640,
        1500,
        320,
        skin="#74452a",
        hair="#2fa0a0",
        style="scarf",
        top="#f2a922",
        bottom="#fdf3e0",
        wear="dress",
        arms=(-150, -60),
        naive=0.8,
    )
    f.house(s, 830, 1440, 190, 140, "#e8825a", "#8b3fa0", "#3a2050", "#fdf08a")
    return s
