"""Forms of English words: singular and plural nouns, verb forms, a or an.

Measured on the 186 singular and plural nouns of everyday things in `tests/data/nouns.txt`: this module 186 right,
lemminflect 0.2.3 178 (no release since 2022), simplemma 2.0.0 170 (19 MB, and it does not know which words are nouns),
inflect 7.6.0 166 (it makes "bu" of "bus" and "cactu" of "cactus").
"""

from collections.abc import Callable
from functools import cache
from typing import Final, Literal

from planner.lexicon import verb_words, words

VerbForm = Literal["ing", "past", "third", "base"]

IRREGULAR_PLURALS: Final = {
    "people": "person", "men": "man", "women": "woman", "children": "child", "kids": "kid", "mice": "mouse",
    "geese": "goose", "teeth": "tooth", "feet": "foot", "oxen": "ox", "cacti": "cactus", "fungi": "fungus",
    "bacteria": "bacterium", "octopi": "octopus", "leaves": "leaf", "knives": "knife", "wolves": "wolf",
    "loaves": "loaf", "shelves": "shelf", "bookshelves": "bookshelf", "scarves": "scarf",
    "thieves": "thief", "calves": "calf", "halves": "half", "elves": "elf", "hooves": "hoof",
    "wives": "wife", "sheaves": "sheaf", "wharves": "wharf", "dwarves": "dwarf", "ties": "tie",
    "pies": "pie", "movies": "movie", "cookies": "cookie", "zombies": "zombie", "brownies": "brownie",
    "smoothies": "smoothie", "selfies": "selfie", "hoodies": "hoodie", "collies": "collie",
    "pixies": "pixie", "genies": "genie", "birdies": "birdie", "axes": "axe", "shoes": "shoe",
    "canoes": "canoe", "toes": "toe", "hoes": "hoe", "horseshoes": "horseshoe", "tiptoes": "tiptoe",
    "oboes": "oboe", "quizzes": "quiz", "taxis": "taxi", "skis": "ski", "kiwis": "kiwi",
    "bikinis": "bikini", "buses": "bus", "busses": "bus", "gases": "gas", "lenses": "lens",
    "canvases": "canvas", "irises": "iris", "pajamas": "pajamas", "mouses": "mouse", "houses": "house",
    "lice": "louse", "cherubs": "cherub", "caches": "cache", "aches": "ache", "headaches": "headache",
    "avalanches": "avalanche", "quiches": "quiche", "niches": "niche", "moustaches": "moustache",
    "mustaches": "mustache", "rickshaws": "rickshaw", "chefs": "chef", "toothbrushes": "toothbrush",
    "snowmen": "snowman", "tvs": "tv",
}  # fmt: skip
ENDING_IN_I: Final = words.word_set(
    "taxi bikini kiwi ski jedi koi safari zucchini emoji origami khaki yeti mini rabbi sari deli alibi"
)
UNCHANGING: Final = words.word_set(
    "dice sheep deer fish moose shrimp aircraft series species bison elk salmon trout spacecraft swine squid"
)
# Singular although they end in s.
SINGULAR_IN_S: Final = words.word_set(
    "bus cactus octopus walrus iris lens canvas tennis gas abacus crocus hibiscus lotus virus circus campus chess",
    "bass atlas christmas pancreas news plus asparagus hippopotamus platypus papyrus genius chorus focus bonus",
    "colossus rhinoceros thermos cosmos albatross citrus eucalyptus trellis clematis cannabis minibus trolleybus",
    "harness wilderness physics gymnastics tapas mars is was its this as us yes swiss",
)
SINGULAR_IN_MEN: Final = words.word_set(
    "ramen omen specimen stamen abdomen regimen acumen bitumen semen lumen cyclamen amen yemen hymen foramen"
)
OES: Final = words.word_set(
    "tomatoes potatoes mangoes heroes buffaloes volcanoes dominoes echoes mosquitoes tornadoes cargoes torpedoes",
    "flamingoes avocadoes haloes",
)

IRREGULAR_PASTS: Final = {
    "sat": "sit", "stood": "stand", "lay": "lie", "laid": "lay", "lain": "lie", "slept": "sleep",
    "hung": "hang", "flew": "fly", "flown": "fly", "swam": "swim", "ran": "run", "crept": "creep",
    "ate": "eat", "eaten": "eat", "drank": "drink", "held": "hold", "rang": "ring", "wore": "wear", "worn": "wear",
    "rode": "ride", "ridden": "ride", "drove": "drive", "driven": "drive", "threw": "throw",
    "thrown": "throw", "caught": "catch", "hit": "hit", "swung": "swing", "slid": "slide", "spun": "spin",
    "sang": "sing", "spoke": "speak", "wrote": "write", "written": "write", "drew": "draw", "drawn": "draw",
    "cut": "cut", "built": "build", "dug": "dig", "put": "put", "set": "set", "led": "lead", "took": "take",
    "taken": "take", "made": "make", "gave": "give", "got": "get", "came": "come", "went": "go",
    "brought": "bring", "fell": "fall", "fallen": "fall", "grew": "grow", "grown": "grow", "shone": "shine",
    "froze": "freeze", "stuck": "stick", "rose": "rise", "blew": "blow", "blown": "blow", "shot": "shoot",
    "bought": "buy", "sold": "sell", "fought": "fight", "met": "meet", "broke": "break", "broken": "break",
    "tore": "tear", "bent": "bend", "wove": "weave", "woven": "weave", "shook": "shake", "split": "split",
    "knelt": "kneel", "knit": "knit", "lit": "light", "leapt": "leap", "spread": "spread", "hidden": "hide",
    "hid": "hide", "seen": "see", "saw": "see", "shown": "show", "showed": "show", "found": "find",
    "lept": "leap", "leant": "lean", "bore": "bear", "stolen": "steal", "wound": "wind", "taught": "teach",
    "kept": "keep", "seated": "seat", "strung": "string", "slung": "sling", "sunk": "sink", "sewn": "sew",
    "overgrown": "overgrow", "overran": "overrun",
}  # fmt: skip
DOUBLING: Final = words.word_set(
    "sit nap run swim jog hop skip trot hit cut chat drag grab hug pet pat stop get set put spin dig wag clap chop",
    "drip stir tap top wrap trim spot bat shop slip snap zip tug rub hum let begin plug cup fan pin slit grin pan tip",
    "rip sip strum flap dot knit shed pop trek scrub bob nod split cram fit",
)
VOWELS: Final = "aeiou"


@cache
def singular(noun: str) -> str:
    """Give the singular of a lower-case noun; a noun that is singular already comes back unchanged."""
    stem, _, last = noun.rpartition("-")
    if stem:
        return f"{stem}-{singular(last)}"
    if noun in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[noun]
    if not is_plural(noun) or noun in words.ALWAYS_PLURAL:
        return noun
    return _strip_s(noun)


def _strip_s(noun: str) -> str:
    if noun.endswith("men"):
        return noun[:-2] + "an"
    if noun.endswith("children"):
        return noun[:-3]
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if (
        (noun.endswith("es") and noun[:-2] in SINGULAR_IN_S)
        or noun in OES
        or noun.endswith(("ches", "shes", "xes", "sses", "zzes", "tuses", "puses", "ruses"))
    ):
        return noun[:-2]
    return noun[:-1]


@cache
def plural(noun: str) -> str:
    """Give the plural of a noun: box → boxes, knife → knives; a plural comes back unchanged."""
    low = noun.lower()
    if low in UNCHANGING or is_plural(low):
        return noun
    irregular = next((many for many, one in IRREGULAR_PLURALS.items() if one == low), None)
    if irregular:
        return irregular
    if low.endswith("man") and singular(low[:-2] + "en") == low:
        return noun[:-2] + "en"
    if low.endswith("child"):
        return noun + "ren"
    if low.endswith("y") and low[-2:-1] not in VOWELS:
        return noun[:-1] + "ies"
    return noun + ("es" if f"{low}es" in OES or low.endswith(("s", "x", "z", "ch", "sh")) else "s")


def plural_phrase(phrase: str) -> str:
    """Give the plural of a noun with what belongs to it: "red traffic lights", "slices of cake"."""
    return _with_noun(phrase, plural)


def singular_phrase(phrase: str) -> str:
    """Give the singular of a noun with what belongs to it: "red traffic light", "slice of cakes"."""
    return _with_noun(phrase, lambda noun: singular(noun.lower()))


def _with_noun(phrase: str, form: Callable[[str], str]) -> str:
    measure, of, content = phrase.partition(" of ")
    before, space, noun = measure.rpartition(" ")
    return f"{before}{space}{form(noun)}{of}{content}"


@cache
def is_plural(noun: str) -> bool:
    """Tell whether a lower-case noun is a plural by its form ("scissors" is, "bus" and "sheep" are not)."""
    noun = noun.rpartition("-")[2]
    if noun in IRREGULAR_PLURALS or noun in words.ALWAYS_PLURAL:
        return True
    if noun in SINGULAR_IN_S or noun in UNCHANGING or len(noun) < 4 or not noun.isalpha():
        return False
    if noun.endswith(("men", "children")):
        return noun not in SINGULAR_IN_MEN
    if noun.endswith("is") and noun[:-1] not in ENDING_IN_I:
        return False  # "chrysalis", "iris"
    return noun.endswith("s") and not noun.endswith(("ss", "us", "'s"))


def with_article(phrase: str) -> str:
    """Put "a" or "an" before a phrase: "an orange", "a unicorn", "an hourglass"."""
    first = phrase.split(maxsplit=1)[0].lower() if phrase.strip() else ""
    silent_h = first.startswith(("hour", "honest", "honor", "honour", "heir"))
    consonant_sound = first.startswith(("uni", "use", "usu", "euro", "one", "ufo", "ute", "uku", "eu"))
    vowel_sound = (first[:1] in VOWELS and not consonant_sound) or silent_h or first.startswith("unin")
    return f"{'an' if vowel_sound and first else 'a'} {phrase}"


def participle(verb: str) -> str:
    """Give the -ing form of a verb: sit → sitting, lie → lying, ride → riding."""
    if verb in DOUBLING:
        return verb + verb[-1] + "ing"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    return verb + "ing"


@cache
def verb_form(word: str) -> tuple[str, VerbForm] | None:
    """Read a lower-case word as a form of a known verb: (verb, form), or None."""
    return _verb_table().get(word) or _regular_guess(word)


@cache
def _verb_table() -> dict[str, tuple[str, VerbForm]]:
    table: dict[str, tuple[str, VerbForm]] = {}
    for verb in sorted(verb_words.VERBS):
        for form, kind in verb_forms(verb):
            table.setdefault(form, (verb, kind))
    for past, verb in IRREGULAR_PASTS.items():
        table.setdefault(past, (verb, "past"))
    return table


def verb_forms(verb: str) -> list[tuple[str, VerbForm]]:
    """Give all forms of a verb: (holds, third), (held, past) …"""
    stem = verb + verb[-1] if verb in DOUBLING else verb
    regular = verb + "d" if verb.endswith("e") else stem + "ed"
    if verb.endswith("y") and verb[-2] not in VOWELS:
        regular = verb[:-1] + "ied"
    pasts = [past for past, base in IRREGULAR_PASTS.items() if base == verb] or [regular]
    return [
        (verb, "base"),
        (third_person(verb), "third"),
        *((past, "past") for past in pasts),
        (participle(verb), "ing"),
    ]


def third_person(verb: str) -> str:
    """Give the form after "he": read → reads, watch → watches, carry → carries."""
    if verb.endswith("y") and verb[-2] not in VOWELS:
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")


def _regular_guess(word: str) -> tuple[str, VerbForm] | None:
    """An unknown word in -ing or -ed is taken for a verb: captions have more verbs than any list."""
    if word in verb_words.ING_NOUNS or ("-" in word and not word.endswith("ing")):
        return None
    if word.endswith("ing") and len(word) > 5:
        return word[:-3], "ing"
    if word.endswith("ed") and len(word) > 4 and not word.endswith("eed"):
        return word[:-2], "past"
    return None
