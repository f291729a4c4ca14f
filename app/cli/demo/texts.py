"""What the demo tells, in our own words. The facts of 2006 follow a working group's report of that year; people, the
NGO's name and the schools' names are invented."""

from __future__ import annotations

from typing import Any

PARTNERS: tuple[dict[str, Any], ...] = (
    {
        "slug": "passerelle-femmes",
        "kind": "ngo",
        "name": "Passerelle Femmes",
        "city": "Geneva",
        "country": "CH",
        "summary": "A Geneva association where migrant women and their children find French lessons, a lawyer's hour, "
        "help with homework and a place at the table. It receives the whole proceeds of the auction.",
    },
    {
        "slug": "ecole-du-rhone",
        "kind": "school",
        "name": "École internationale du Rhône",
        "city": "Geneva",
        "country": "CH",
        "summary": "An international school on the right bank. Five classes took part in 2006.",
    },
    {
        "slug": "lakeside-school",
        "kind": "school",
        "name": "Lakeside International School",
        "city": "Geneva",
        "country": "CH",
        "summary": "An international school near the lake, where pupils speak some sixty languages at break.",
    },
    {
        "slug": "population-agency",
        "kind": "agency",
        "name": "UN agency for population and reproductive health",
        "city": "New York",
        "country": "US",
        "summary": "Partner of the expert group meeting on women who migrate.",
    },
    {
        "slug": "danish-telecom",
        "kind": "company",
        "name": "A Danish telecom company",
        "city": "Copenhagen",
        "country": "DK",
        "summary": "Came to Geneva to show how it lets its fathers be fathers.",
    },
)

CAMPAIGN_2006 = {
    "slug": "international-womens-day-2006",
    "title": "International Women’s Day 2006",
    "summary": "Instead of speeches, questions for children. Pupils of two international schools in Geneva, from 8 to 16 "
    "years old, were asked what *gender*, *migration* and *International Women’s Day* mean to them, and answered with "
    "brushes. Their pictures hung at headquarters and were auctioned to colleagues and parents, for an association that "
    "helps migrant women and their children to settle.",
    "accent": "#5B2A86",
}

THEMES = (
    ("gender", "Gender", "What may girls do, what may boys do, and who says so?"),
    ("migration", "Migration", "Why do people leave, what do they carry, and what do they find?"),
    ("womens-day", "International Women’s Day", "What would you give the women you know on the eighth of March?"),
)

EVENTS_2006: tuple[dict[str, Any], ...] = (
    {
        "slug": "classes-at-ecole-du-rhone-2006",
        "kind": "presentation",
        "title": "What does gender mean to you? A morning with five classes",
        "summary": "A conversation with pupils of 8 to 16, and a box of paint at the end of it.",
        "body": "The working group went to school. No slides: each class began with a suitcase, and with the question of "
        "who had packed it. Then three words were written on the board, *gender*, *migration* and *International Women’s "
        "Day*, and the pupils were asked to answer with a picture.",
        "start": "2006-03-01T09:00",
        "end": "2006-03-01T12:00",
        "place": "École internationale du Rhône, Geneva",
        "audience_note": "For the school’s classes",
        "partners": ("ecole-du-rhone",),
    },
    {
        "slug": "classes-at-lakeside-2006",
        "kind": "presentation",
        "title": "Migration, told by those who have just arrived",
        "summary": "Half of the class had changed country at least once. They did most of the talking.",
        "body": "The second school turned the morning around: the pupils explained migration to the visitors. Asked who "
        "had lived in more than two countries, almost everybody stood up.",
        "start": "2006-03-02T13:30",
        "end": "2006-03-02T16:00",
        "place": "Lakeside International School, Geneva",
        "audience_note": "For the school’s classes",
        "partners": ("lakeside-school",),
    },
    {
        "slug": "exhibition-at-headquarters-2006",
        "kind": "exhibition",
        "title": "Three words, many pictures: the exhibition at headquarters",
        "summary": "The pupils’ answers on the walls of the entrance hall.",
        "body": "For two weeks, people on their way to meetings stopped walking. Each picture carried a number, a first "
        "name and an age; the visitors’ book filled up with offers before the auction had begun.",
        "start": "2006-03-06T09:00",
        "end": "2006-03-17T18:00",
        "place": "Headquarters, entrance hall, Geneva",
        "audience_note": "Colleagues, pupils and their families",
        "partners": ("ecole-du-rhone", "lakeside-school"),
    },
    {
        "slug": "auction-evening-2006",
        "kind": "auction",
        "title": "Auction evening for International Women’s Day",
        "summary": "Colleagues and parents bid for the pictures; the proceeds go to women and children who are new in town.",
        "body": "Paddles were made of cardboard, and the youngest artist held the hammer. Every franc went to a Geneva "
        "association for the integration of migrant women and their children.",
        "start": "2006-03-08T18:00",
        "end": "2006-03-08T20:00",
        "place": "Headquarters, conference room, Geneva",
        "audience_note": "Colleagues, and parents of the pupils",
        "partners": ("passerelle-femmes",),
    },
    {
        "slug": "fathers-and-work-life-balance-2006",
        "kind": "talk",
        "title": "Fathers and work/life balance",
        "summary": "For once, the invitation went to the men. Guests from a Danish telecom company tell what long, paid "
        "paternity leave did for their people.",
        "body": "The guests had a simple observation: fathers take their leave when the boss says, in person, that they "
        "should. In their company the months at home are paid in full, and those who took them came back more content. "
        "Women colleagues could stay in their jobs for longer without letting a chance pass.\n\nA lively discussion followed. "
        "Equality, as one participant put it, is not a matter that women can settle among themselves.",
        "start": "2006-05-30T12:30",
        "end": "2006-05-30T14:00",
        "place": "Headquarters, Geneva",
        "audience": "staff",
        "audience_note": "Male members of staff",
        "partners": ("danish-telecom",),
    },
    {
        "slug": "female-migrants-expert-meeting-2006",
        "kind": "expert_meeting",
        "title": "Female migrants: bridging the gaps throughout the life cycle",
        "summary": "Experts look for what is missing, from girlhood to old age, in how women who migrate are protected.",
        "body": "The participants followed a woman’s life and marked the places where nobody is responsible: trends that "
        "nobody counts by sex, health on the road, violence and trafficking, rights that end at a border.\n\nThe meeting "
        "ended in recommendations to governments, to agencies and to their partners on how to work together.",
        "start": "2006-05-02T09:00",
        "end": "2006-05-03T17:30",
        "zone": "America/New_York",
        "place": "New York",
        "audience_note": "Invited experts",
        "partners": ("population-agency",),
    },
    {
        "slug": "ministerial-breakfast-2006",
        "kind": "breakfast",
        "title": "Ministerial round-table breakfast: gender and labour migration",
        "summary": "Ministers talk over coffee about women who leave to work, ahead of September’s dialogue of the United "
        "Nations.",
        "body": "Short statements, no podium. What was said was meant to feed the High-Level Dialogue on migration and "
        "development in September.",
        "start": "2006-07-06T08:00",
        "end": "2006-07-06T09:30",
        "place": "Palais des Nations, Geneva",
        "audience_note": "Heads of delegation, by invitation",
        "partners": (),
    },
)


def season(year: int) -> dict[str, str]:
    """The campaign of the present year."""
    return {
        "slug": f"pictures-on-the-move-{year}",
        "title": f"Pictures on the move {year}",
        "summary": "The same three words as in 2006, put to a new generation. See the pictures, come and talk, and take one "
        "home: every franc goes to women and children who are new in Geneva.",
        "accent": "#5B2A86",
    }


# Days from today, hour of start, minutes, and the rest.
EVENTS_NOW: tuple[dict[str, Any], ...] = (
    {
        "slug": "a-suitcase-for-two",
        "kind": "talk",
        "title": "A suitcase for two: what children carry when they move",
        "summary": "A school psychologist and three pupils unpack a real suitcase, and what was left behind.",
        "body": "An hour for everybody who has moved with children, is about to, or teaches those who did.\n\nThe three "
        "pupils show what they brought, say what they would bring today, and answer questions. Coffee afterwards.",
        "days": 9,
        "hour": 12,
        "minute": 30,
        "minutes": 75,
        "place": "Headquarters, room 3, Geneva",
        "capacity": 60,
        "audience_note": "Everybody is welcome",
        "partners": ("lakeside-school",),
    },
    {
        "slug": "printmaking-for-families",
        "kind": "workshop",
        "title": "Printmaking for families",
        "summary": "Potatoes, rollers, too much paint. Come with children from six years on; take your prints home.",
        "body": "We provide aprons, paper and patience. The room holds sixteen; when it is full you can wait in line, and "
        "the line moves by itself when a place comes free.",
        "days": 12,
        "hour": 14,
        "minute": 0,
        "minutes": 120,
        "place": "École internationale du Rhône, art room, Geneva",
        "capacity": 16,
        "audience_note": "Families",
        "partners": ("ecole-du-rhone",),
    },
    {
        "slug": "fathers-twenty-years-on",
        "kind": "talk",
        "title": "Fathers and work/life balance, twenty years on",
        "summary": "In 2006 the guests came from Denmark. What has changed since, and for whom?",
        "body": "A conversation among colleagues about leave taken, leave not taken, and what a chief can say that a policy "
        "cannot.",
        "days": 17,
        "hour": 12,
        "minute": 30,
        "minutes": 60,
        "place": "Headquarters, room 1, and online",
        "capacity": 40,
        "audience_note": "Colleagues and their families",
        "partners": (),
    },
    {
        "slug": "hammer-evening",
        "kind": "auction",
        "title": "Hammer evening: the last bids",
        "summary": "See the originals one last time, bid from your phone, and hear what the money will do.",
        "body": "The pictures hang in the entrance hall from noon. Bidding on the phone stays open until the last minute; "
        "helpers with paddles take bids from those who prefer to wave.",
        "days": 8,
        "hour": 18,
        "minute": 0,
        "minutes": 120,
        "place": "Headquarters, entrance hall, Geneva",
        "capacity": 120,
        "audience_note": "Everybody is welcome",
        "partners": ("passerelle-femmes",),
    },
)

GALLERY_2006 = {
    "slug": "three-words-2006",
    "title": "Three words, many pictures",
    "summary": "Pupils of two international schools in Geneva on gender, migration and International Women’s Day. Shown at "
    "headquarters in March 2006.",
}
GALLERY_NOW = {
    "slug": "pictures-on-the-move",
    "title": "Pictures on the move",
    "summary": "This year’s answers to the three words of 2006. Each picture can be bid for until the hammer falls.",
}
THINGS = (
    (
        "A morning in the bakery",
        "Two people come at five, knead until seven, and carry home what they baked. Aprons are lent; any Saturday until "
        "Easter.",
        "the bakery at the corner of rue des Grottes",
    ),
    (
        "Your family, drawn in an hour",
        "An ink drawing, as large as two sheets of letter paper, made in your own kitchen.",
        "a colleague who draws in meetings",
    ),
)
AUCTION_TERMS = (
    "A bid is a promise: if yours is the highest when the lot closes, the picture is yours at that price. Pay online or "
    "at the desk within seven days. The whole price goes to the beneficiary; card fees are shown in the statement."
)
PEOPLE = (
    ("organiser@kermesse.example", "Olga Brandt", "organiser"),
    ("curator@kermesse.example", "Carla Duval", "curator"),
    ("reviewer@kermesse.example", "Celia Okoye", "curator"),
    ("treasurer@kermesse.example", "Tomás Rey", "treasurer"),
    ("helper@kermesse.example", "Hana Sato", "helper"),
    ("parent@family.example", "Pia Lund", None),
)
BIDDERS = (
    ("a.keller@family.example", "Anna Keller"),
    ("m.diop@agency.example", "Moussa Diop"),
    ("j.ferreira@family.example", "Joana Ferreira"),
    ("s.novak@agency.example", "Stjepan Novak"),
    ("l.martin@family.example", "Lucie Martin"),
    ("r.haddad@family.example", "Rami Haddad"),
)
