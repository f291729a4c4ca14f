"""The forty works: what a pupil would write on the back of the sheet, and which composition it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from . import belongings, bouquets, callings, crossings, everyday, feats, portraits, roads, selves
from .strokes import Sheet

Theme = Literal["gender", "migration", "womens-day"]


@dataclass(frozen=True)
class Work:
    """One picture of the demonstration, with the words that belong to it."""

    key: str
    title: str
    medium: str
    size: str
    theme: Theme
    artist: str
    age: int
    school: int
    caption: str
    alt: str
    scene: Callable[[str], Sheet]


_TALL, _WIDE, _LARGE, _SQUARE = "30 × 42 cm", "42 × 30 cm", "60 × 42 cm", "40 × 40 cm"


def _work(
    scene: Callable[[str], Sheet],
    title: str,
    medium: str,
    size: str,
    theme: Theme,
    artist: str,
    age: int,
    school: int,
    caption: str,
    alt: str,
) -> Work:
    key = scene.__name__.replace("_", "-")
    return Work(key, title, medium, size, theme, artist, age, school, caption, alt, scene)


WORKS: list[Work] = [
    _work(
        crossings.flying_luggage,
        "Birds do not queue",
        "Wax crayon on paper",
        _WIDE,
        "migration",
        "Amara",
        9,
        0,
        "The birds go over the red line all day and nobody asks for their papers, so I gave my suitcases wings.",
        "Five bright suitcases with white wings fly among small coloured birds under a yellow sun. Below them a "
        "dashed red border runs across snow-capped mountains, above a green meadow of flowers.",
    ),
    _work(
        bouquets.mimosa,
        "Mimosa pour Nonna",
        "Gouache on paper",
        _TALL,
        "womens-day",
        "Giulia",
        12,
        0,
        "In my family every woman gets mimosa on the eighth of March, even the baby.",
        "A large bunch of yellow mimosa in a round white vase with a band of blue flowers, on an orange table "
        "against a violet wall. A few yellow blossoms have fallen.",
    ),
    _work(
        everyday.toolbox_family,
        "Mum fixes, Dad rocks",
        "Wax crayon on paper",
        _WIDE,
        "gender",
        "Leo",
        8,
        1,
        "My mother repairs everything and my father is the only one who can make my brother sleep.",
        "In front of a pink house a mother with a ponytail raises a hammer and carries a red toolbox, while a "
        "father with curly hair holds a sleeping baby. Sun, apple tree, flowers; hearts rise from the roof.",
    ),
    _work(
        portraits.flower_hair,
        "My mother thinks in flowers",
        "Gouache on paper",
        _TALL,
        "womens-day",
        "Naledi",
        16,
        1,
        "When she closes her eyes I imagine this is what is going on up there.",
        "Portrait of a woman with closed eyes, gold earrings and a violet dress. Her huge round dark hair is full "
        "of flowers in red, yellow, pink and blue, with leaves and three small birds.",
    ),
    _work(
        belongings.house_sails,
        "We took the houses with us",
        "Gouache on paper",
        _TALL,
        "migration",
        "Yusuf",
        12,
        0,
        "My grandfather said you cannot take a house on a boat, and I wanted to prove him wrong.",
        "At night a wooden boat crosses a turquoise sea. Where sails should be, houses with lit windows are stacked "
        "on three masts; five faces look out of the hull. Crescent moon above, two fish below.",
    ),
    _work(
        callings.football,
        "Second half",
        "Gouache on paper",
        _WIDE,
        "gender",
        "Inès",
        11,
        0,
        "We were losing three to nil, and then the goalkeeper told a joke.",
        "Eight girls play football on a bright green pitch, some in red, some in yellow and blue. One in front is "
        "about to reach the ball; a goal and a crowd of tiny spectators are behind.",
    ),
    _work(
        bouquets.hands_globe,
        "Todas las manos",
        "Hand prints and gouache",
        _SQUARE,
        "womens-day",
        "Mateo",
        8,
        0,
        "Everybody in my class gave one hand, and the blue one is our teacher's.",
        "Twelve hand prints in different colours stand in a circle, their fingers reaching towards a blue and green "
        "globe in the middle. A small heart is in each corner.",
    ),
    _work(
        roads.walking_house,
        "Ma maison marche",
        "Oil pastel on yellow paper",
        _TALL,
        "migration",
        "Chloé",
        8,
        1,
        "We have moved six times, so I think my house has feet.",
        "A smiling pink house with window eyes and a red roof walks along a path on blue legs and red shoes. It "
        "waves with one hand and carries a violet suitcase in the other.",
    ),
    _work(
        callings.astronaut,
        "Commander Zoé",
        "Chalk on dark paper",
        _TALL,
        "gender",
        "Zoé",
        9,
        1,
        "I have braids under the helmet because they do not float so much.",
        "A girl astronaut with braids waves from space in a white suit. A line ties her to a red and white rocket; "
        "a ringed planet, stars and the blue and green Earth are around her.",
    ),
    _work(
        roads.train,
        "The train that stops everywhere",
        "Felt pen on paper",
        "60 × 34 cm",
        "migration",
        "Anh",
        9,
        0,
        "The smoke is flowers because it is an electric train in disguise.",
        "A violet engine pulls four wagons in red, yellow, green and blue; two people look out of each wagon. "
        "Instead of smoke a row of big flowers rises from the chimney into a pale yellow sky.",
    ),
    _work(
        portraits.chain_of_women,
        "Nobody lets go",
        "Gouache on paper",
        "60 × 34 cm",
        "womens-day",
        "Sofia",
        11,
        1,
        "I started with my two aunts and then there was still room.",
        "Eight women of different sizes and skin colours hold hands across the whole page, in patterned dresses and "
        "headscarves, curls and braids. A red sun rises behind them; flowers at their feet.",
    ),
    _work(
        selves.two_halves,
        "Both of me",
        "Oil pastel on toned paper",
        _TALL,
        "gender",
        "Kiran",
        15,
        1,
        "One half is how they see me on Monday and the other on Saturday, and it is the same nose.",
        "A face divided by a white line. The left half has long brown hair, an earring and an orange background; "
        "the right half short black hair on blue with zigzags. The eyes are green and blue.",
    ),
    _work(
        roads.tree_of_roads,
        "Racines",
        "Watercolour and gouache",
        _SQUARE,
        "migration",
        "Élodie",
        14,
        0,
        "People ask where my roots are, and I say they have traffic.",
        "A tree with a loose crown of green, yellow and orange washes, with birds. Below ground its roots are five "
        "grey roads with white dashes and little cars, each leading to a coloured house.",
    ),
    _work(
        portraits.march,
        "8 mars, 17 h",
        "Oil pastel on buff paper",
        _WIDE,
        "womens-day",
        "Miriam",
        14,
        0,
        "I was standing on my father's shoulders, so I could draw all the heads.",
        "A dense crowd of smiling women of many skin and hair colours fills a street before violet towers. They "
        "hold signs with the Venus symbol, a heart, an equals sign and a raised hand.",
    ),
    _work(
        everyday.comic,
        "Le pneu crevé",
        "Felt pen on paper",
        _TALL,
        "gender",
        "Luca",
        14,
        1,
        "This is a true story, except that the cake was not so good.",
        "A comic of six panels without words: a boy in pink with a flat bicycle tyre, a girl with a spanner, her "
        "hand on the wheel, the boy baking a cake, both sharing it, both riding away at sunset.",
    ),
    _work(
        crossings.kites_fence,
        "The wind has no side",
        "Felt pen on paper",
        _WIDE,
        "migration",
        "Omar",
        10,
        0,
        "My kite is flying on their side and theirs is on mine, so we have to come back tomorrow.",
        "Two children stand on each side of a tall wire fence on a green hill. Their four kites have crossed over "
        "to the other side. Three holes in the wire hold hearts.",
    ),
    _work(
        portraits.grandmother,
        "Teta",
        "Oil pastel on toned paper",
        _TALL,
        "womens-day",
        "Rana",
        13,
        1,
        "She crossed three countries with four children and she says the hard part was the shoes.",
        "Portrait of an old woman with lined brown skin, white hair and a gentle smile. Her orange-red headscarf is "
        "edged with small stars; the green-blue wall behind is sprinkled with flowers.",
    ),
    _work(
        callings.dancer,
        "Il danse",
        "Watercolour and pencil",
        _TALL,
        "gender",
        "Étienne",
        12,
        0,
        "My cousin does ballet and he jumps higher than anybody who laughs about it.",
        "A boy with closed eyes leaps in a yellow shirt and blue trousers, arms raised. A long red ribbon flies "
        "from his hand and curls around him, before pale circles of pink, yellow and blue.",
    ),
    _work(
        crossings.swallows,
        "Cinq mille kilomètres",
        "Gouache on paper",
        _TALL,
        "migration",
        "Tomasz",
        13,
        1,
        "A swallow weighs as much as two letters and comes back to the same roof.",
        "A long flock of dark swallows rises in a curve from a pale setting sun, larger and larger, through a sky "
        "that goes from yellow to violet. A row of little houses stands on a round dark hill.",
    ),
    _work(
        bouquets.eight_of_flowers,
        "Ocho",
        "Cut paper",
        _TALL,
        "womens-day",
        "Valentina",
        10,
        0,
        "I used up all the coloured paper of the class and my teacher said it was worth it.",
        "The figure eight made of cut-paper flowers in red, orange, yellow, pink, white and blue, on violet striped "
        "paper. Six butterflies fly around and inside it.",
    ),
    _work(
        selves.face_mosaic,
        "Guess who cooks, codes, cries",
        "Felt pen on card",
        _SQUARE,
        "gender",
        "Hana",
        12,
        1,
        "There is no answer on the back.",
        "Sixteen square portraits in a grid, each on a different bright pattern. The people have many skin tones, "
        "and long hair, curls, headscarves, turbans, a moustache, glasses or blue hair.",
    ),
    _work(
        crossings.lake,
        "Home for now",
        "Watercolour and gouache",
        _WIDE,
        "migration",
        "Priya",
        10,
        0,
        "Every boat has a flag that I invented, so no one is a foreigner on the lake.",
        "A lake with five sailing boats with striped sails in different colours, three swans and a tall white "
        "fountain. A row of houses lines the shore before blue mountains and a yellow sun.",
    ),
    _work(
        feats.pilot,
        "Please fasten your belts, says my mum",
        "Wax crayon on paper",
        _WIDE,
        "womens-day",
        "Noah",
        8,
        1,
        "She has four stripes and she never forgets to bring me the small sugar packets.",
        "A large white aeroplane with a woman pilot in a cap smiling in the cockpit. Six passengers look out of "
        "round windows; white clouds, birds, a sun, and hearts behind the tail.",
    ),
    _work(
        everyday.clothesline,
        "Everybody's washing",
        "Cut and pasted paper",
        _WIDE,
        "gender",
        "Freya",
        13,
        0,
        "On the line you cannot tell who wears what, and the wind does not care.",
        "A washing line across a blue sky with a striped jersey, a dotted pink skirt, jeans with a star, two "
        "dresses, a zigzag jumper and socks. Birds above, a row of coloured houses below.",
    ),
    _work(
        roads.scarf_road,
        "El camino de mi abuela",
        "Cut and pasted paper",
        _LARGE,
        "migration",
        "Lucía",
        14,
        1,
        "She knitted on the bus for two days, so the scarf is exactly as long as the road.",
        "An old woman in a red headscarf smiles at the lower left. Her patterned scarf becomes a road that winds "
        "over green hills and past houses to blue towers under an orange sun.",
    ),
    _work(
        feats.carrying_sun,
        "Elles portent le jour",
        "Gouache on paper",
        _WIDE,
        "womens-day",
        "Aïcha",
        12,
        0,
        "The sun is heavy in the morning, so six of them are needed.",
        "The dark silhouettes of six women with raised arms stand on a hill and hold up a huge glowing sun. Behind "
        "them the sky passes in bands from night blue through pink to orange.",
    ),
    _work(
        everyday.pancakes,
        "Papa fait des crêpes",
        "Wax crayon on paper",
        _TALL,
        "gender",
        "Maëlle",
        9,
        0,
        "The first one always lands on the floor and it belongs to the dog.",
        "In a tiled kitchen a father with curly hair, moustache and a dotted apron tosses a pancake from a pan "
        "above the oven. A small girl in a yellow dress cheers beside him; hearts float near the wall.",
    ),
    _work(
        belongings.stamp_flowers,
        "What grows out of a passport",
        "Gouache and print on brown paper",
        _TALL,
        "migration",
        "Dimitri",
        15,
        1,
        "I carved the stamps from erasers; the countries do not exist yet.",
        "Seven round passport stamps with swallows, aeroplanes and stars bloom like flowers on green stems. They "
        "grow out of a dark red passport with a golden globe that serves as the pot.",
    ),
    _work(
        portraits.umbrella,
        "Room for one more",
        "Gouache on paper",
        "37 × 42 cm",
        "womens-day",
        "Mei",
        11,
        1,
        "My mother and her friends share everything, also the rain.",
        "Four women in bright dresses and a girl stand close together under one giant umbrella with seven coloured "
        "panels. Rain falls around them on a blue-grey street with puddles.",
    ),
    _work(
        selves.seesaw,
        "Same weight",
        "Felt pen on paper",
        _WIDE,
        "gender",
        "Jonas",
        10,
        1,
        "We tried it in the playground and it works if nobody jumps.",
        "A girl with braids and a boy with spiky hair stand on the two ends of a level red seesaw with balloons. "
        "Between them a big yellow disc shows an equals sign; confetti fills the air.",
    ),
    _work(
        belongings.open_suitcase,
        "Eight kilos of hand luggage",
        "Gouache on paper",
        _WIDE,
        "migration",
        "Samira",
        10,
        1,
        "I could only take one bag, so I packed the street.",
        "An open suitcase holds a whole village: houses, trees, a path, a grandmother, a boy and a cat on grass. "
        "The inside of the lid is a sky with sun, clouds and a rainbow; stickers on the front.",
    ),
    _work(
        feats.market,
        "Market day, six o'clock",
        "Watercolour and gouache",
        _WIDE,
        "womens-day",
        "Esi",
        15,
        0,
        "My aunts own the road at this hour.",
        "Five women in patterned wraps walk in a row with baskets of fruit on their heads, one arm raised. Dark "
        "palms stand at both sides before a sunset of orange, pink and violet washes.",
    ),
    _work(
        callings.robot_builder,
        "It will do the dishes",
        "Felt pen on squared paper",
        _TALL,
        "gender",
        "Petra",
        11,
        0,
        "My brother wanted to help, so he may hand me the screws.",
        "A girl with a ponytail stands on a ladder and works with a screwdriver on a giant robot with a yellow "
        "head, a light-blue body and a red heart. A boy waves below; bolts and nuts lie around.",
    ),
    _work(
        roads.footprint_map,
        "Everyone has walked here",
        "Print and watercolour",
        _WIDE,
        "migration",
        "Bilal",
        11,
        0,
        "I used my baby sister's foot, and she thought it was very funny.",
        "A map of six imaginary continents on pale blue water, each filled with small bare footprints in its own "
        "colour. Trails of dark footprints cross the sea from one land to the next.",
    ),
    _work(
        bouquets.mandala,
        "Seventy-eight petals",
        "Felt pen on paper",
        _SQUARE,
        "womens-day",
        "Anouk",
        13,
        1,
        "There is one petal for each woman I could name in an hour.",
        "A round mandala of five rings of petals in violet, pink, turquoise, yellow and lilac, each with a coloured "
        "eye. In the centre a smiling yellow face; a flower in each corner.",
    ),
    _work(
        selves.rings,
        "Pink and blue went for a walk",
        "Watercolour on paper",
        _SQUARE,
        "gender",
        "Robin",
        16,
        1,
        "I only allowed myself two colours to begin with and they did the rest.",
        "Abstract watercolour: sixteen squares, each with rings inside rings. Pinks and blues run into each other "
        "and become violets; a few rings are yellow, with fine white dots over everything.",
    ),
    _work(
        belongings.quilt,
        "Twenty-five addresses",
        "Cut paper and thread",
        "50 × 50 cm",
        "migration",
        "Ilse",
        16,
        0,
        "One square for each place where somebody in my class has slept.",
        "A paper quilt of twenty-five square patches with white stitches: houses, boats, fish, keys, suns, stars, "
        "hands, mountains, waves and stripes in red, orange, blue, green and violet.",
    ),
    _work(
        feats.ladder_moon,
        "First shift on the moon",
        "Oil pastel on blue paper",
        _TALL,
        "womens-day",
        "Lindiwe",
        10,
        0,
        "My mother works at night, and this is how I imagine her way there.",
        "On a starry blue night a girl in a red dress climbs a long ladder towards a huge yellow moon. Two friends "
        "wave from the green ground beside a small house with lit windows.",
    ),
    _work(
        belongings.scratch_night,
        "The first night in the new city",
        "Scratched wax over colour",
        _WIDE,
        "migration",
        "Emil",
        11,
        1,
        "I could not sleep, so I counted the windows that were awake too.",
        "Rainbow-coloured lines scratched into black: a skyline of towers with many lit windows, a full moon with "
        "rings of light, stars, and a white paper plane that leaves a looping trail.",
    ),
    _work(
        crossings.fish_net,
        "They found the hole",
        "Wax crayon and watercolour",
        _WIDE,
        "migration",
        "Kofi",
        9,
        1,
        "Fish are not strong, but they tell each other things.",
        "A shoal of colourful striped fish swims through a wide hole in a white net that hangs from red floats in "
        "blue water. Seaweed at the sides and three orange starfish at the bottom.",
    ),
]
