"""Which thing of a suite an object of a plan is, by its prompt: by whole words and by the prompt's noun.

A prompt names a thing when the words up to its first preposition or verb end in the thing's words: "a small brown dog
lying on a rug" names "dog" and "brown dog", not "rug"; "a dog house" names a house. "a slice of pizza" names both.
Singular and plural are the same. The suites' names for kinds of things (COCO's categories) stand for the everyday
words too: "person" for "woman".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from planner.checks.names import without_article
from planner.lexicon import forms
from planner.lexicon.words import NUMBERS

ARTICLES = frozenset("a an the this that these those some another its his her their".split())  # noqa: SIM905
ENDS = frozenset(
    "with without of on in at from to for by near under behind beside over above below inside into against around "  # noqa: SIM905
    "who which that is are has have wearing holding riding carrying next across along while as up".split()
)
JOINS = frozenset({"and", "or"})
AFTERTHOUGHTS = frozenset("fresh full half high low left asleep awake open upright alone ready made".split())  # noqa: SIM905
GROUPS = frozenset("pair bunch group couple set stack pile row herd flock crowd line number".split())  # noqa: SIM905
MEASURES = GROUPS | frozenset("slice piece bit head bar loaf roll sheet".split())  # noqa: SIM905
# What ends in the name of another thing and is none of it.
NOT_THAT = (("hot", "dog"), ("teddy", "bear"), ("sea", "horse"), ("guinea", "pig"), ("prairie", "dog"))
# COCO's categories, in whose words NSR-1K asks and LayoutGPT's plans name their objects.
COCO = (
    "person|bicycle|car|motorcycle|airplane|bus|train|truck|boat|traffic light|fire hydrant|stop sign|parking meter|"
    "bench|bird|cat|dog|horse|sheep|cow|elephant|bear|zebra|giraffe|backpack|umbrella|handbag|tie|suitcase|frisbee|skis|"
    "snowboard|sports ball|kite|baseball bat|baseball glove|skateboard|surfboard|tennis racket|bottle|wine glass|cup|"
    "fork|knife|spoon|bowl|banana|apple|sandwich|orange|broccoli|carrot|hot dog|pizza|donut|cake|chair|couch|"
    "potted plant|bed|dining table|toilet|tv|laptop|mouse|remote|keyboard|cell phone|microwave|oven|toaster|sink|"
    "refrigerator|book|clock|vase|scissors|teddy bear|hair drier|toothbrush"
)
SYNONYMS: dict[str, str] = {
    "person": "man|woman|boy|girl|child|kid|lady|guy|baby|toddler|player|rider|surfer|skier|snowboarder|skateboarder|"
    "batter|pitcher|catcher|umpire|adult|teenager|male|female|gentleman|cyclist|motorcyclist|pedestrian",
    "bicycle": "bike",
    "motorcycle": "motorbike|motor bike|scooter|bike",
    "airplane": "plane|jet|aeroplane|airliner",
    "aeroplane": "plane|jet|airplane",
    "boat": "ship|sailboat|canoe|kayak",
    "couch": "sofa",
    "sofa": "couch",
    "tv": "television|tv set|tv screen",
    "television": "tv",
    "cell phone": "phone|cellphone|mobile phone|smartphone",
    "dining table": "table|desk",
    "potted plant": "plant|houseplant|pot plant",
    "refrigerator": "fridge",
    "donut": "doughnut",
    "teddy bear": "teddy|stuffed bear",
    "hair drier": "hair dryer|blow dryer",
    "sports ball": "ball",
    "remote": "remote control",
    "tv remote": "remote|remote control",
    "computer mouse": "mouse",
    "computer keyboard": "keyboard",
    "mouse": "computer mouse",
    "keyboard": "computer keyboard",
    "laptop": "laptop computer|notebook computer",
    "wine glass": "glass",
    "traffic light": "stoplight|traffic signal|stop light",
    "cow": "cattle|bull|calf",
    "sheep": "lamb",
    "dog": "puppy",
    "cat": "kitten",
    "handbag": "purse|bag",
    "tie": "necktie",
    "microwave": "microwave oven",
    "stove": "oven",
    "oven": "stove",
}


def words_of(text: str) -> tuple[str, ...]:
    """Return a text's words in lower case and the singular."""
    found = re.findall(r"[^\W_]+(?:['\u2019][^\W_]+)*", text.lower().replace("-", " "))
    return tuple(word if word in ENDS | ARTICLES else forms.singular(word) for word in found)


def noun_phrases(prompt: str) -> list[tuple[str, ...]]:
    """Return what a prompt may be a name of: the words up to its noun, in the singular and without articles.

    "a small brown dog looking sad" gives "small brown dog looking sad" and "small brown dog".
    """
    words = list(words_of(prompt))
    while words and (words[0] in ARTICLES or words[0] in NUMBERS):
        words = words[1:]
    found = [*_cuts(words)]
    if "of" in words and words.index("of") and words[words.index("of") - 1] in MEASURES:
        found += noun_phrases(" ".join(words[words.index("of") + 1 :]))
    return found


def _cuts(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """Give the words up to the first that ends a noun phrase, and shorter ones before participles and afterthoughts."""
    end = next((i for i, word in enumerate(words) if i and word in ENDS | ARTICLES), len(words))
    whole = list(words[:end])
    while len(whole) > 1 and whole[-1] in AFTERTHOUGHTS | JOINS:
        whole.pop()
    yield tuple(whole)
    if len(whole) > 1 and whole[-1] in MEASURES:
        yield tuple(whole[:-1])
    for place in range(1, len(whole)):
        is_last = place == len(whole) - 1
        if whole[place].endswith("ing") or (is_last and whole[place].endswith("ed")):
            yield tuple(whole[:place])


def is_many(prompt: str) -> bool:
    """Tell whether a prompt speaks of more than one: "cows", "a herd of cows", "two dogs"."""
    words = [word for word in re.findall(r"[^\W_]+", prompt.lower()) if word not in ARTICLES]
    if not words:
        return False
    if words[0] in GROUPS or NUMBERS.get(words[0], 1) > 1:
        return True
    end = next((i for i, word in enumerate(words) if i and word in ENDS), len(words))
    return forms.is_plural(words[end - 1]) and forms.singular(words[end - 1]) != words[end - 1]


def names(prompt: str, name: str) -> bool:
    """Tell whether a prompt names a thing."""
    return any(_is_end(words, phrase) for words in _spellings(name) for phrase in noun_phrases(prompt))


def best_name(prompt: str, known: Iterable[str]) -> str | None:
    """Return the most special of the names that a prompt has: "hot dog" rather than "dog"; None where it has none.

    The name with most of the prompt's words counts, in its own words rather than everyday ones: "microwave" for "a
    microwave oven", not "oven".
    """
    return max((name for name in known if names(prompt, name)), key=lambda name: _fit(prompt, name), default=None)


def _fit(prompt: str, name: str) -> tuple[int, bool]:
    own, *others = _spellings(name)
    phrases = noun_phrases(prompt)
    fitting = [words for words in (own, *others) if any(_is_end(words, phrase) for phrase in phrases)]
    return max(map(len, fitting)), own in fitting


def category(prompt: str) -> str | None:
    """Return the COCO category that a prompt's noun is: "laptop" for "a metal laptop computer"; None without one."""
    return best_name(prompt, COCO.split("|"))


def says(text: str, phrase: str) -> bool:
    """Tell whether a text has a phrase's words in it, next to each other."""
    words, wanted = words_of(text), words_of(phrase)
    return any(words[i : i + len(wanted)] == wanted for i in range(len(words) - len(wanted) + 1))


def _spellings(name: str) -> list[tuple[str, ...]]:
    listed = SYNONYMS.get(name.lower())
    return [words_of(name), *map(words_of, listed.split("|") if listed else ())]


def _is_end(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    if not words or phrase[-len(words) :] != words:
        return False
    return not any(phrase[-len(other) :] == other != words and other[-len(words) :] == words for other in NOT_THAT)


def layoutgpt_name(prompt: str, names: Sequence[str]) -> str:
    """Return the name that LayoutGPT's rule gives a prompt: a name that is part of it, or it of the name.

    The rule goes through the names in order, with what it found so far in place of the prompt. It strips the letters
    of "a ", "an " and "the " from the front, whatever word they belong to.
    """
    name = prompt
    for known in names:
        bare = name
        for letters in ("a ", "an ", "the "):
            bare = bare.lstrip(letters)
        if bare in known or known in bare:
            name = known
    return name


def by_category(prompt: str) -> set[str]:
    """Name an object as LayoutGPT's plans do: by its COCO category, "dog"; by its last words where it has none."""
    known = category(prompt)
    return {known} if known else by_last_words(prompt)


def by_last_words(prompt: str) -> set[str]:
    """Name an object by the last words of its prompt and of its noun phrase, however many."""
    phrases = [tuple(without_article(prompt).split()), *noun_phrases(prompt)]
    return {" ".join(phrase[place:]) for phrase in phrases for place in range(len(phrase))}


def by_prompt(prompt: str) -> set[str]:
    """Name an object by its whole prompt: "large brown dog on a rug"."""
    return {without_article(prompt)}
