"""Gender in faces and in balance: halves, mosaics, a level seesaw, rings of two colours."""

from __future__ import annotations

from . import figures as f
from . import people
from .strokes import (
    A_TALL,
    A_WIDE,
    Sheet,
    arc,
    curve,
    dark,
    ellipse,
    heart,
    light,
    mix,
    rect,
    star,
)


def seesaw(key: str) -> Sheet:
    s = Sheet(key, *A_WIDE, "#fdf8ea")
    s.use("felt")
    s.care = 1.1
    for _ in range(150):
        x, y = s.rng.uniform(20, 1580), s.rng.uniform(20, 820)
        if not (150 < x < 1450 and 250 < y < 800):
            s.shape(
                s.pick((ellipse(x, y, 15), star(x, y, 23), rect(x - 13, y - 13, 26, 26), heart(x, y, 17))),
                s.pick(f.BRIGHT),
                width=3,
            )
    s.shape(ellipse(800, 480, 250), "#f5c11f", width=7)
    for y in (415, 530):
        s.shape(rect(655, y, 290, 54), "#fdf8ea")
    s.fill(
        curve((0, 950), (400, 905), (800, 940), (1200, 905), (1600, 950), (1600, 1130), (0, 1130)), "#7fc05a", angle=80
    )
    s.shape([(800, 815), (900, 1010), (700, 1010)], "#8b3fa0")
    s.shape(rect(120, 775, 1360, 46), "#d93a2b")
    for i in range(13):
        s.shape(ellipse(180 + i * 104, 798, 14), "#fdf1c4", width=3)
    l1, _r1 = people.person(
        s,
        300,
        840,
        500,
        skin="#9c6238",
        hair="#1d1a22",
        style="braids",
        top="#2f7fc1",
        bottom="#f2a922",
        wear="trousers",
        arms=(-130, -40),
        naive=0.8,
    )
    _l2, r2 = people.person(
        s,
        1300,
        840,
        500,
        skin="#f4cfae",
        hair="#c98f35",
        style="spiky",
        top="#e8639a",
        bottom="#2e8f4e",
        wear="trousers",
        arms=(-140, -50),
        naive=0.8,
    )
    s.line([(l1[0], l1[1] + 14), (l1[0], l1[1] - 120)], "#3b3540", 5)
    s.shape(ellipse(l1[0], l1[1] - 190, 62, 76), "#f06a2a")
    s.line([(r2[0], r2[1] + 14), (r2[0], r2[1] - 120)], "#3b3540", 5)
    s.shape(ellipse(r2[0], r2[1] - 190, 62, 76), "#1fa0a0")
    for i in range(26):
        x = 30 + i * 62
        s.line(curve((x, 1110), (x + 6, 1080), (x + s.rng.uniform(-20, 20), 1030)), "#2e8f4e", 7)
    return s


def two_halves(key: str) -> Sheet:
    s = Sheet(key, *A_TALL, "#e9dcc3")
    s.use("pastel")
    s.care = 0.8
    s.fill(rect(25, 25, 545, 1550), "#f0a03a", angle=65)
    s.fill(rect(565, 25, 540, 1550), "#2f5f9f", angle=-65)
    for i in range(7):
        s.line(arc(25, 25, 150 + i * 70, 150 + i * 70, 0, 90), ("#f7d15a", "#d9502f")[i % 2], 20)
        s.line(
            curve(*((1110 - q * 38, 120 + i * 62 + (24 if q % 2 else -24)) for q in range(8))),
            ("#7fc4d8", "#1f2f6a")[i % 2],
            18,
        )
    s.shape(
        [*curve((230, 1300), (205, 1000), (200, 600), (290, 330), (420, 220), (566, 190)), (566, 1250), (420, 1310)],
        "#3a1f1a",
    )
    s.shape([(566, 190), (740, 220), (890, 330), (940, 500), (910, 700), (566, 560)], "#1d1a22")
    for k in range(8):
        s.line(curve((250 + k * 18, 500 + k * 20), (215 + k * 22, 850), (225 + k * 26, 1270)), "#7a3f2a", 9)
    s.shape([(440, 1120), (690, 1120), (710, 1360), (420, 1360)], "#b87a4f")
    s.shape(curve((566, 1340), (330, 1340), (80, 1430), (30, 1590), (566, 1590)), "#c2305f")
    s.shape(curve((566, 1340), (800, 1340), (1050, 1430), (1100, 1590), (566, 1590)), "#2e8f6a")
    s.fill([*arc(566, 760, 290, 420, 90, 270)], "#e0a070", angle=70)
    s.fill([*arc(566, 760, 290, 420, -90, 90)], "#a86f48", angle=-70)
    s.line(ellipse(566, 760, 290, 420), "#2b2030", 14, closed=True)
    s.shape(curve((300, 690), (320, 420), (450, 300), (566, 318), (566, 470), (420, 520), closed=False), "#3a1f1a")
    s.fill([(566, 330), (566, 480), (690, 470), (850, 600), (862, 480), (800, 380), (690, 320)], "#1d1a22")
    for k in range(9):
        s.shape([(566 + k * 34, 430 + k * 9), (590 + k * 34, 310 + k * 14), (612 + k * 32, 450 + k * 15)], "#1d1a22")
    for side, iris in ((-1, "#5f8a3f"), (1, "#3a6fb0")):
        ex = 566 + side * 128
        s.shape(curve((ex - 76, 740), (ex, 692), (ex + 76, 740), (ex, 782), closed=True), "#fdf8ee")
        s.fill(ellipse(ex, 738, 36), iris)
        s.dot(ex, 738, 18, "#17131a")
        s.dot(ex + 9, 729, 6, "#ffffff")
        s.line(arc(ex, 690, 92, 44, 205, 335), "#2b2030", 15 if side < 0 else 24)
    for k in range(4):
        s.line([(372 + k * 22, 716 - k * 6), (350 + k * 22, 690 - k * 8)], "#2b2030", 7)
    s.line(curve((560, 740), (528, 880), (520, 920), (566, 945), (612, 920)), "#7a4530", 13)
    s.fill(curve((440, 1025), (520, 1000), (566, 1018), (566, 1080), (500, 1070)), "#c2304f")
    s.fill(curve((566, 1018), (612, 1000), (692, 1025), (632, 1070), (566, 1080)), "#8f4a3f")
    s.line(curve((440, 1025), (566, 1040), (692, 1025)), "#5a1f2a", 9)
    s.fill(ellipse(395, 890, 62), "#e8785f")
    s.shape(ellipse(262, 960, 34, 50), "#f7d15a")
    s.shape(ellipse(262, 1045, 22), "#1fa0a0")
    s.line([(566, 30), (570, 800), (564, 1580)], "#fdf3dc", 10)
    return s


def face_mosaic(key: str) -> Sheet:
    s = Sheet(key, 1500, 1500, "#fdf9ef")
    s.use("felt")
    s.care = 0.9
    styles = [
        "long",
        "afro",
        "scarf",
        "short",
        "braids",
        "curly",
        "wrap",
        "spiky",
        "bun",
        "tail",
        "bald",
        "short",
        "curly",
        "scarf",
        "long",
        "afro",
    ]
    backs = ("#f2a922", "#2f7fc1", "#e8639a", "#2e8f4e", "#d93a2b", "#1fa0a0", "#8b3fa0", "#f6d860", "#f06a2a")
    for i in range(16):
        x, y = 34 + (i % 4) * 360, 34 + (i // 4) * 360
        back = backs[(i * 5 + i // 4) % 9]
        s.shape(rect(x, y, 346, 346), back, width=7)
        frame = rect(x + 8, y + 8, 330, 330)
        f.pattern(s, frame, ("dots", "zigzag", "stripes", "flowers")[(i + i // 4) % 4], light(back, 0.45), 52)
        skin = people.SKINS[(i * 3 + 1) % 7]
        cx, cy, r = x + 173.0, y + 170.0, 92.0
        style = styles[i]
        hair = backs[(i * 5 + 4) % 9] if style in ("scarf", "wrap") or i in (7, 12) else people.HAIRS[(i * 2) % 7]
        shirt = backs[(i * 7 + 2) % 9]
        s.shape([*arc(cx, y + 346, 128, 84, 180, 360)], shirt, width=5)
        s.shape(rect(cx - 26, cy + 74, 52, 50), skin, width=4)
        people.head(s, cx, cy, r, skin, hair, style, shirt, mood=(1.0, 0.5, 1.3)[i % 3])
        s.line(curve((cx, cy + 2), (cx - 10, cy + 24), (cx + 6, cy + 28)), dark(skin, 0.4), 4)
        if i in (3, 6, 13):
            for side in (-1, 1):
                s.line(ellipse(cx + side * 36, cy, 27), "#2b2430", 5, closed=True)
            s.line([(cx - 9, cy), (cx + 9, cy)], "#2b2430", 5)
        if i in (10, 11):
            s.line(arc(cx, cy + 42, 42, 16, 190, 350), "#3a2a24", 9)
        if i in (0, 8, 15):
            for side in (-1, 1):
                s.shape(ellipse(cx + side * 94, cy + 46, 11, 17), "#f5c11f", width=3)
    return s


def rings(key: str) -> Sheet:
    s = Sheet(key, 1500, 1500, "#fdfaf5")
    s.use("water")
    s.ink = None
    s.care = 0.9
    pink, blue = ("#e8487f", "#f08aa8", "#d92f5f", "#f7b0a0"), ("#2f6fc0", "#5fa8e0", "#1f4f9a", "#3fb0c0")
    for row in range(4):
        for col in range(4):
            x, y = 48 + col * 354, 48 + row * 354
            t = (row + col) / 6
            back = mix(pink[(row * 2 + col) % 4], blue[(row + col * 3) % 4], s.rng.choice((t, 1 - t)))
            s.fill(rect(x, y, 344, 344), light(back, 0.45), dense=0.8)
            cx, cy = x + 172 + s.rng.uniform(-12, 12), y + 172 + s.rng.uniform(-12, 12)
            for k, r in enumerate((158, 122, 88, 54, 24)):
                share = s.rng.betavariate(0.8, 0.8)
                c = mix(pink[(k + row) % 4], blue[(k + col) % 4], share)
                if k == 3 and (row + col) % 3 == 0:
                    c = "#f5c11f"
                s.fill(ellipse(cx, cy, r * s.about(1, 0.06)), c, dense=1.0)
    s.use("gouache")
    s.ink = None
    for _ in range(70):
        s.dot(s.rng.uniform(60, 1440), s.rng.uniform(60, 1440), s.rng.uniform(4, 9), "#fdfaf5")
    return s
