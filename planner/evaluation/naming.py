"""Which thing of a suite an object of a plan is, by its prompt: by whole words and by the prompt's noun.

A prompt names a thing when the words up to its first preposition or verb end in the thing's words: "a small brown dog
lying on a rug" names "dog" and "brown dog", not "rug"; "a dog house" names a house. Singular and plural are the same.
The suites' names for kinds of things (COCO's categories) stand for the everyday words too: "person" for "woman".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from planner.english import forms
from planner.english.words import NUMBERS

ARTICLES = frozenset("a an the this that these those some another its his her their".split())  # noqa: SIM905
ENDS = frozenset(
    "with without of on in at from to for by near under behind beside over above below inside into against around "  # noqa: SIM905
    "and or who which that is are has have wearing holding riding carrying next across along while as up".split()
)
MEASURES = frozenset("slice piece pair bunch group couple set stack pile row bit".split())  # noqa: SIM905
# What ends in the name of another thing and is none of it.
NOT_THAT = (("hot", "dog"), ("teddy", "bear"), ("sea", "horse"), ("guinea", "pig"), ("prairie", "dog"))
SYNONYMS: dict[str, str] = {
    "person": "man woman boy girl child kid lady guy baby toddler player rider surfer skier snowboarder skateboarder "
    "batter pitcher catcher umpire adult teenager male female gentleman cyclist motorcyclist pedestrian",
    "bicycle": "bike",
    "motorcycle": "motorbike|motor bike|scooter|bike",
    "airplane": "plane jet aeroplane airliner",
    "aeroplane": "plane jet airplane",
    "boat": "ship sailboat canoe kayak",
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
    "cow": "cattle bull calf",
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


def noun_phrase(prompt: str) -> tuple[str, ...]:
    """Return the words of the prompt's noun and what stands before it: "small brown dog"."""
    words = list(words_of(prompt))
    while words and (words[0] in ARTICLES or words[0] in NUMBERS):
        words = words[1:]
    if len(words) > 2 and words[1] == "of" and words[0] in MEASURES:
        return noun_phrase(" ".join(words[2:]))
    end = next((place for place in range(1, len(words)) if _ends(words, place)), len(words))
    return tuple(words[:end])


def _ends(words: Sequence[str], place: int) -> bool:
    word = words[place]
    following = words[place + 1] if place + 1 < len(words) else ""
    is_verb = word.endswith("ing") and (not following or following in ENDS | ARTICLES) and place > 0
    return word in ENDS or word in ARTICLES or is_verb


def names(prompt: str, name: str) -> bool:
    """Tell whether a prompt names a thing."""
    phrase = noun_phrase(prompt)
    return any(_is_end(words, phrase) for words in _spellings(name))


def best_name(prompt: str, known: Iterable[str]) -> str | None:
    """Return the most special of the names that a prompt has: "hot dog" rather than "dog"; None where it has none."""
    fitting = [name for name in known if names(prompt, name)]
    own = [name for name in fitting if _is_end(words_of(name), noun_phrase(prompt))]
    return max(own or fitting, key=lambda name: len(words_of(name)), default=None)


def says(text: str, phrase: str) -> bool:
    """Tell whether a text has a phrase's words in it, next to each other."""
    words, wanted = words_of(text), words_of(phrase)
    return any(words[i : i + len(wanted)] == wanted for i in range(len(words) - len(wanted) + 1))


def _spellings(name: str) -> list[tuple[str, ...]]:
    listed = SYNONYMS.get(name.lower(), "")
    others = listed.split("|") if "|" in listed else listed.split()
    return [words_of(name), *map(words_of, others)]


def _is_end(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    if not words or phrase[-len(words) :] != words:
        return False
    return not any(phrase[-len(other) :] == other != words and other[-len(words) :] == words for other in NOT_THAT)
