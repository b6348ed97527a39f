"""Telling verbs from nouns, which is most of the work of reading captions: "a cat sits", "two fruit stands"."""

from collections.abc import Sequence
from typing import Final

from planner.english import forms, verb_words, words
from planner.english.elements import Noun, Value, Word
from planner.english.tokens import Text, is_adjective, is_adverb, is_head

# Verbs in their base form after "a boy and a girl", and after any noun.
_JOINT: Final = words.word_set(
    "play sit stand walk run ride lie lay sleep graze eat look swim float rest hang hold fly drive dance"
)
_ALWAYS: Final = words.word_set("sit eat lie lay graze")
# Past forms that are nouns in captions, and those that are verbs even before a bare noun.
_PAST_NOUNS: Final = words.word_set("rose saw shot left wound")
_PAST_VERBS: Final = words.word_set("held wore ate rode drove")
_STANDS: Final = words.word_set("stand seat hang contrast guard reflect work")  # "two fruit stands"
_ENDS: Final = ("", ",", ".", "and")


def read_verb(text: Text, i: int) -> Word:
    """Make an element of the verb at token i."""
    low = text.low(i)
    lemma, form = forms.verb_form(low) or (forms.singular(low), "base")
    return Word("verb", low, lemma, finite=form in ("third", "base"))


def read_infinitive(text: Text, i: int) -> tuple[Word, int] | None:
    """ "about to hit the ball": the verb after "to" at token i, as "hitting"."""
    form = forms.verb_form(text.low(i + 1)) if text.low(i) == "to" else None
    if form is None or form[1] != "base" or (form[0] in verb_words.NOUN_FIRST and text.is_open(i + 2)):
        return None
    return Word("verb", forms.participle(form[0]), form[0]), i + 2


def starts_with_verb(text: Text, i: int, previous: Value | None, *, progressive: bool) -> bool:
    """Tell whether token i, where no noun phrase has begun, is a verb.

    `progressive`: the clause has an -ing verb already, so that after "and" another one is likely.
    """
    form = forms.verb_form(text.low(i))
    if previous is None:
        return False
    if form is None:  # what ended a noun phrase
        return isinstance(previous, Noun) and text.is_open(i) and _governs(text, i)
    if text.low(i) in verb_words.ING_NOUNS:
        listed = progressive and isinstance(previous, Word) and previous.kind in ("and", "comma")
        return (listed or isinstance(previous, Noun)) and text.low(i + 1) in words.DETERMINERS
    if isinstance(previous, Noun):
        return True
    kind = previous.kind if isinstance(previous, Word) else ""
    if kind in ("be", "that", "adverb", "pronoun", "one"):
        return form[1] != "base" or not text.is_open(i + 1) or form[0] not in verb_words.NOUN_FIRST
    if kind == "verb":
        return form[1] in ("ing", "past") and not _is_modifier(text, i, form[1], progressive)
    joined = kind in ("and", "comma", "adjectives")
    if form[1] == "base":
        return joined and form[0] not in verb_words.NOUN_FIRST and _goes_on(text, i + 1)
    return joined and not _is_modifier(text, i, form[1], progressive)


def _is_modifier(text: Text, i: int, form: forms.VerbForm, progressive: bool) -> bool:
    """ "sleeping cats", "parked cars": a participle right before a noun."""
    low, after = text.low(i), text.low(i + 1)
    if form == "third":
        return low[:-1] in verb_words.NOUN_FIRST or (after not in words.DETERMINERS and text.is_open(i + 1))
    if progressive and form == "ing":
        return False
    return text.is_open(i + 1) and forms.verb_form(after) is None


def ends_noun_phrase(
    text: Text, i: int, so_far: Sequence[str], count: int | None, *, joined: bool, inner: bool
) -> bool:
    """Tell whether token i is the verb after the noun phrase with the lower-case words `so_far`.

    `count` is the noun phrase's number; `joined`: it stands after "and"; `inner`: it stands after "of", so that
    the verb may be another noun's.
    """
    low = text.low(i)
    form = forms.verb_form(low)
    nouns = [word for word in so_far if is_head(word)]
    if low in verb_words.ING_NOUNS and nouns and text.low(i + 1) in words.DETERMINERS:  # "elephants crossing a river"
        return True
    if not nouns or low in verb_words.ING_NOUNS | _PAST_NOUNS:
        return False
    if form is None:
        return _governs(text, i) and forms.is_plural(low) != forms.is_plural(nouns[-1])
    verb, kind = form
    complement = is_adjective(text.low(i + 1)) and not text.is_open(i + 2)  # "looked great", "fly high"
    many = (count or 1) > 1 or forms.is_plural(nouns[-1]) or nouns[-1] in forms.UNCHANGING
    if kind == "ing":
        looks = low == "looking" and text.is_open(i + 1)  # "an odd looking bird"
        return not looks and (low, text.low(i + 1)) not in verb_words.ING_COMPOUNDS
    if kind == "past":
        compound = text.is_open(i + 1) and not is_adverb(text.low(i + 1))  # "a snow covered bench"
        active = verb in verb_words.VERBS and verb not in verb_words.STATES
        return not compound or complement or many or active or low in _PAST_VERBS
    if kind == "third":
        nominal = verb in verb_words.NOUN_FIRST or verb in _STANDS or not _goes_on(text, i + 1)
        disagrees = many and not inner and nominal
        return not disagrees and not is_adjective(low) and (verb not in verb_words.NOUN_FIRST or _goes_on(text, i + 1))
    if many:
        played = forms.is_plural(nouns[-1]) and forms.is_plural(text.low(i + 1))  # "musicians play violins"
        return verb not in verb_words.NOUN_FIRST or complement or played or not text.is_open(i + 1)
    takes_object = text.low(i + 1) in ("the", "a", "an") and verb in verb_words.VERBS
    return takes_object or verb in _ALWAYS or (joined and verb in _JOINT and _goes_on(text, i + 1))


def _governs(text: Text, i: int) -> bool:
    """Another noun phrase begins right after token i, so that token i can only be the verb before it."""
    after = text.low(i + 1)
    return after in words.DETERMINERS or after in words.NUMBERS or after.isdecimal()


def _goes_on(text: Text, i: int) -> bool:
    """Something that belongs to a verb stands at token i: a preposition, a determiner, an adverb."""
    return not text.is_open(i) and text.low(i) not in _ENDS
