"""A sentence in one way of writing, before it is cut into pieces: signs made one, roundabout phrases said plainly."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from planner.lexicon import forms, words
from planner.lexicon.kinds import is_person, known_kind_of

_SIGNS: Final[dict[str, str | int | None]] = {
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2018": "'", "\u2019": "'", "`": "'", "\u2013": " - ", "\u2014": " - ", ";": " ; ",
}  # fmt: skip
_NUMBER: Final = "|".join([r"\d+", *words.NUMBERS])
_COLOUR: Final = "|".join(words.COLOURS)
_SHADE: Final = "|".join(sorted(words.COLOURS | words.SHADES))
_KINDS: Final = "|".join(sorted(words.ADJECTIVES))
_LIKE: Final = "big|small|little|large|huge|old|young"
_STUFF: Final = "|".join(words.MATERIALS)
_LETTERS: Final = (
    r"(?:^|(?<=[.,;] ))(?:an? |the )?(?:title|headline|heading|caption|slogan|tagline|subtitle|inscription)"
)


def normalise(sentence: str) -> str:
    """Make white space single (line ends are signs), quotation marks straight, and say what is roundabout plainly."""
    lines = [_said_plainly(" ".join(line.split())) for line in sentence.translate(str.maketrans(_SIGNS)).splitlines()]
    whole = " . ".join(line.rstrip(".") if i + 1 < len(lines) else line for i, line in enumerate(lines) if line)
    return _with_commas(whole)


def _said_plainly(line: str) -> str:
    """Reword a line; what stands in quotation marks is to be read as it is."""
    quoted = re.findall(r'"[^"]*"', line)
    line = re.sub(r'"[^"]*"', '"\ue000"', line)
    for pattern, plainly in _PLAINLY:
        line = pattern.sub(plainly, line)
    return re.sub('"\ue000"', lambda _: quoted.pop(0), line) if line.count("\ue000") == len(quoted) else line


def _left_and_right(found: re.Match[str]) -> str:
    """ "at one end of the table …, at the other …": of two sides the one said first is the left."""
    if not found["of"] and re.search(r"\bwith\b[^.;:,]*$", found.string[: found.start()]):
        return found.group()  # "a pulpit with a monk on one side": sides of the pulpit
    left, right = ("to the left of ", "to the right of it") if found["of"] else ("on the left", "on the right")
    return f"{left}{found['between']}{right}"


def _led(found: re.Match[str]) -> str:
    """ "left a lamp, right a vase": two places without a preposition."""
    several = len(found.re.findall(found.string)) > 1
    return f"{found[1]}{'in' if found[2].lower() == 'middle' else 'on'} the {found[2]}" if several else found.group()


def _led_by(found: re.Match[str]) -> str:
    what, after = found[2].lower(), forms.verb_form(found[4].lower()) or ("", "")
    named = what in words.SPOTS or (known_kind_of(what) is not None and what not in words.ADJECTIVES | words.SHADES)
    led = named and after[1] != "third"  # not "on the bench big sits a cat"
    return f"{found[1]} {forms.with_article(found[3]).split()[0]} " if led else found.group()


def _full_of(found: re.Match[str]) -> str:
    what, last, on = found[3].lower(), found[4].split()[-1].lower(), words.SUPPORTS | {"wall"}
    several = forms.is_plural(last) and known_kind_of(forms.singular(last)) is not None
    if not several or what not in on | words.PLACES | words.SURFACES | words.LANDSCAPE | {"tree"}:
        return found.group()
    return f"there are {found[4]} {'on' if what in on else 'in'} {(found[1] or 'the ').lower()}{found[2]}"


def _each_unwanted(found: re.Match[str]) -> str:
    """ "no hats, leashes or toys", "avoid logos and names": "no" before each."""
    said = ", ".join(f"no {one}" for one in re.split(r",? (?:and|or|nor) |, ", found["list"]))
    lead = found.group()[: found.start("list") - found.start()]
    return lead + said.removeprefix("no ") if lead.lower().startswith("without") else said


def _are_all(found: re.Match[str]) -> str:
    """ "two doctors, both women" as "two doctors, both are women"; "two boys and a dog, both boys …" is none."""
    what = found["what"].lower()
    one = forms.singular(what)
    renamed = forms.is_plural(what) and known_kind_of(one) is not None and one not in words.PARTS | words.ANNOUNCING
    return f"{found['many']}{found['whole']} are {what}" if renamed and one not in found["many"] else found.group()


def _of_colour(found: re.Match[str]) -> str:
    """ "a car color red", "with tractor red color"; "with white color letters" is none."""
    what, after = (forms.singular(word) for word in (found[1].lower(), found.string[found.end() + 1 :].split(" ")[0]))
    plain = known_kind_of(what) is not None and known_kind_of(after) is None
    return f"{found[2] or found[3]} {found[1]}" if plain else found.group()


def _by_halves(found: re.Match[str]) -> str:
    """ "six socks, half of them red and the other half white": how many each half is."""
    half = max(_numbers_before(found)) // 2
    return f"{half} of them are {found['one']}, the other {half} are {found['other']}" if half else found.group()


def _possessed(found: re.Match[str]) -> str:
    """ "my grandmas garden", "the neighbours roof": the sign left out; "the kids swing on a rope" is none."""
    owner, what = forms.singular(found["whose"].lower()), found["what"].lower()
    noun = (what in words.PLACES or known_kind_of(what) is not None) and forms.verb_form(what) is None
    return f"{found['the']}{owner}'s" if noun and is_person(owner) else found.group()


def _numbers_before(found: re.Match[str]) -> list[int]:
    said = re.findall(rf"\b(?:{_NUMBER})\b", found.string[: found.start()].lower())
    return [0, *(words.number_of(number) or 0 for number in said)]


def _one_each(found: re.Match[str]) -> str:
    """ "two jars labelled SALT and RICE on a shelf": one of them bears each, where there are as many."""
    each = re.split(r",? and |, ", found["list"])
    said = "".join(f', one that says "{text.strip(chr(34))}"' for text in each)
    return f"{found['rest']}{said}" if _numbers_before(found)[-1] == len(each) else found.group()


_DOER: Final = "man|hand|home|moss|snow|ivy|ice|dust|mud|vine|grass|frost|sun|wind|rain|salt|sand|candle|moon|lamp"
_WHOSE: Final = r"(?:of (?:them|these|the \w+) )?(?:(?:is|are) )?"
_SEEN: Final = r"(?:the )?(?:frame|shot|picture|view|sight)"
_BORNE: Final = r'(?:[A-Z][A-Z\d]+|"\ue000")'
_NO_NAME: Final = r"(?!(?:an?|the|no|any|and|or|nor|in|on|at|with|to|of|is)\b)[\w'-]+"
_UNWANTED: Final = rf"{_NO_NAME}(?: {_NO_NAME}){{0,2}}"
_NOTHING: Final = r"\bnothing(?: else)? "
_BUT: Final = r"(?:but|except(?: for)?|other than|besides|apart from|save for) "
_BEGINS: Final = r"(?:^|(?<=[,.;] )|(?<= and )|(?<= but ))"
_RULES: Final[tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]] = (
    (r"\b(bird|worm)(?:'?s)?[- ]eye\b", r"\1s-eye"),
    (r",? (?:namely|that is to say|i\.e\.|as follows),?:?(?= )", ":"),
    (rf"(^|[;:.,] *)(left|right|top|bottom|middle),?(?= (?:an?|the|my|our|{_NUMBER}|{_KINDS}) )", _led),
    (r"(?<=[a-z])(?<!the)( )(north|south|east|west)(?= ?[.,;]|$| and\b)", _led),  # "igloo north, pagoda east"
    (r"\b(in|on|at) (middle|left|right|center|centre|bottom)(?= (?:of|side|corner)\b)", r"\1 the \2"),
    (r" a (?:little|bit|lot)(?= ?[.,;!?]|$| (?:and|but|to|in|on|over) )", ""),  # "smokes a little"
    (r"(?-i:\b(\d\d?(?:[:.]\d\d)?) ?([ap])\.?m\b(?:\.(?= [a-z]))?)", r"\1\2m"),  # "8 a.m."
    # "a horse carved out of ice"
    (
        r"\b(?:made|built|carved|woven|knitted|sculpted|crafted|folded) (?:entirely |completely )?"
        r"(?:out of|from|of) (?!(?:the|an?|his|her|its|their)\b)(?=[a-z])",
        "made of ",
    ),
    # "Tacos al pastor"
    (r"(?-i:\b([A-Za-z]\w+) (al|alla|au) ([a-z]\w+)\b)", lambda m: f"{m[2]}-{m[3]} {m[1].lower()}"),
    # "a crow on a wall, a second crow above"
    (r"\b([a-z]{3,})\b([^.]*)\ba (?:second|third|fourth) (?=\1\b)", r"\1\2another "),
    # "theres a cat", "its a dog", "its sitting", "im making a flyer": the sign left out
    (r"(?-i:\b([Tt]here|[Tt]hat|[Hh]ere|[Ww]hat|[Ww]ho|[Ss]he|[Hh]e)s\b)", r"\1's"),
    (r"\b(it)s (?=an? |(?:sitt|stand|ly|wear|hold|look|eat|sleep)ing )", r"\1's "),
    (r"\bim (?=[a-z]+ing\b|the )", "I'm "),
    (r"\b(?P<the>(?:my|our|the|his|her|your|an?) )(?P<whose>\w+s)(?= (?:old |new |little )?(?P<what>\w+))", _possessed),
    (r"\bw/(o )? ?(?=[\w\"])", lambda m: "without " if m[1] else "with "),
    # "my son (he's 7)", "a flat, 32 sqm", "the camera looks up at a tower"
    (
        rf" \((?:(?:s?he is|s?he's|aged?|turning) (?:\w+ )?(?:{_NUMBER})|\d+ (?=y))(?: (?:years|yrs)(?: old)?)?\)"
        r"|,? \d+(?:[.,]\d+)? ?(?:x ?\d+ ?m|sqm|m[2²]|sq\.? ?(?:m|ft|feet)|square (?:met(?:er|re)s|feet)\b)"
        r"|(?:^|(?<=[.,;] ))(?:the )?camera (?:is )?(?:look|point)(?:s|ing) (?:\w+ )?(?:at|into)(?= )",
        "",
    ),
    (
        rf"(?-i:,? (?:labell?ed|marked|titled|named) (?P<list>{_BORNE}(?:, {_BORNE})*,? and {_BORNE})"
        r"(?P<rest>(?: [a-z][^.,;:]*)?))",
        _one_each,
    ),
    # "man made", "moss covered", but not "the man made a soup"
    (
        rf"\b({_DOER}) (made|painted|covered|bleached|blown|lit)(?= [a-z]{{3}}|$)(?! (?:the|his|her|with|from)\b)",
        r"\1-\2",
    ),
    # "the phone number 555-0142", "a heart with 72 beside it"
    (
        r"(?:\b(?:the )?(?:(?:phone |house |race )?number|phone|price|time):?(?= [\d:., -]+(?:$|[.,;]| [a-z]))"
        r"|\b(?P<with>with)(?= [\d:.]+ (?:on|beside|above|below|next to) its?\b)) (?P<text>\d+(?:[-:., ]\d+)*)",
        lambda m: f'{m["with"] or ""} the words "{m["text"]}"'.strip(),
    ),
    # "half red, half blue"
    (
        rf"\bhalf {_WHOSE}(?P<one>[\w-]+),?(?: and)? (?:the )?(?:other )?(?:half|rest) {_WHOSE}(?P<other>[\w-]+)",
        _by_halves,
    ),
    (r"\b(do|does|is|are|was|were|ca|wo|should|would|could)nt\b", r"\1n't"),
    (r"\bbg\b", "background"),
    (r"\b([a-z]+) shaped\b(?! (?:like|as|by|into)\b)", r"\1-shaped"),
    (r"\b(?:exactly|just|only) (?=\w+ of (?:them|these|those)\b)", ""),
    (rf"\b([a-z]+) (?:(?:of|in|with) )?(?:the )?(?:colou?r ({_COLOUR})|({_COLOUR}) colou?r)\b", _of_colour),
    # "a board with three kinds of cheese", "a poster with 4 poses of a nurse"
    (rf"\b({_NUMBER}) (?:\w+ )?(?:kind|type|sort|pose|view|version|variation)s of (?!the\b)(?:an? )?", r"\1 "),
    (rf"\b({_SHADE})(?: \w+ing)? (?:in)?to ({_SHADE})\b", r"\1-\2 gradient"),
    (r"\b(is|are) (?:seen|visible|situated) (?!by\b|in\b|on\b|at\b|from\b|through\b)(?=\w)", r"\1 "),
    (r"\bnear of\b", "near"),
    # "the same place today as a gym": what the place has become is there
    (
        r"\bthe same (?:place|spot|site|building|lot|room|house|view|person)\b(?: (?:in |at )?\w+)?"
        r",? (?:as|(?:turned|converted|transformed) (?:in)?to) (?=an? )",
        "",
    ),
    (r"\bbehind the wheel( of)?\b", lambda m: "in" if m[1] else "inside"),
    (r"(?-i:\b[Tt]he date (\d\d? [A-Z][a-z]+|[A-Z][a-z]+ \d\d?)\b)", r'the words "\1"'),
    (r"\bbehind ((?:the|an?|his|her|their|my) [\w -]+?)'s? backs?\b", r"behind \1"),
    (r"\bshaped like (?=an?\b)", "in the shape of "),
    # "in the corner big stove", "near window old chair": the article left out, after a place
    (rf"{_BEGINS}((?:in|on|near|at|under|behind) (?:the )?(\w+)) (?=({_LIKE}) (\w+))", _led_by),
    # "the sky is full of kites": they are in it
    (
        rf"{_BEGINS}(the |an? )?((?:\w+ )?(\w+)) (?:is|are|was) (?:\w+ly )?(?:full|crowded|filled) (?:of|with) "
        r"([^.,;:]+?)(?= ?[.,;]|$| and (?:an?|the|one|\d) )",
        _full_of,
    ),
    (r"(, one [^.;]*?),? and one (?:just )?(?=\w+ing |with |on |in |at |under )", r"\1, one "),
    (r", watches (?=from |over |as |the |his |her )", ", watching "),
    # "make it dark blue with …", "her name is Mila so put MILA in the clouds", "a boat from paper"
    (rf"(?:please |pls )*make it (?=(?:\w+ )?(?:{_COLOUR})\b(?![^.,!]* and (?:put|add)))", "it is "),
    (r"(?-i:\b(?:[Hh]er|[Hh]is) name is [A-Z]\w+,?(?: and| so)* (?=(?:please )?(?:put|write|add) ))", ""),
    (
        rf"\b([a-z]+) from (?=(?:(?:{_COLOUR}|dark|light|old) )?(?:{_STUFF}|tiles?)\b)",
        lambda m: f"{m[1]} of " if known_kind_of(m[1]) else m[0],
    ),
    # "a bucket on the floor in the left corner"
    (r"\bon the (?:floor|ground) in the (left|right) corner\b(?! of)", r"in the bottom \1 corner"),
    (r"\bsplit[- ]screen\b(?! (?:picture|image|photo|shot))", "split-screen picture"),
    # "a kite with a tail, color red"
    (rf"(?<! on )(?<! in )\b(an?|one) ((?:\w+ )?\w+(?: with [\w ]+)?), colou?r ({_COLOUR})\b", r"\1 \3 \2"),
    (
        r"\b((?:the |an? )(?:same )?|same )(\w+) but (?:now )?(\w+)(?= ?[.,;!?]|$| with\b)",
        lambda m: f"{m[1]}{m[3]} {m[2]}" if m[3].lower() in words.ADJECTIVES else m.group(),
    ),
    # "a headline above: ", "title at the top: "
    (rf'{_LETTERS} (underneath|below|beneath|under|above|over)(?: it)? ?: ?(?=")', r"\1 it the words "),
    (rf'{_LETTERS} ((?:at|on|in|across|along) the [\w -]+?) ?: ?(?=")', r"\1 the words "),
    (r"\b(without [\w -]+?),? (?:and|or) without\b(?! being)", r"\1 or"),  # "without fish and without plants"
    (r"(?:^|(?<=, ))((?:[a-z-]+ ){1,3})x ?([2-9])(?=,|$)", r"\2 \1"),  # "old pump x2"
    (  # "his rival out of frame", not "a man looking out of frame"
        r"(?:^|(?<=[.,;] ))(?:but |and |though )?(?:an?|the|his|her|its|their|my) ([\w -]{2,30}?)"
        rf"(?: (?:is|are)(?: nowhere|(?:n't| not) (?:anywhere|there|in {_SEEN}))(?: to be \w+| in sight)?"
        rf"|(?<!ing)(?: is| are)?(?: just)? (?:out of {_SEEN}|off[- ]camera))(?= ?[.,;]|$)",
        r"no \1",
    ),
    (rf"(?:,? (?:so|that makes|making) (?:{_NUMBER}))? (?:in total|altogether|in all)(?= ?[.,;]|$)", ""),
    # "First: a fox runs. Second: it sleeps."
    (r"(?:^|(?<=[.;] ))(first|second|third|fourth|fifth|sixth|last): ", r"\1 panel: "),
    # "top - a fox, bottom - a hen"
    (r"(?:^|(?<=[.,;:] ))(top|upper|middle|bottom|lower|left|right|first|second|third|fourth|last) - ", r"\1: "),
    (r"(?:^|(?<=[.,;:] ))north (?:is )?(?:up|at the top|on top|points up)(?=[.,;]|$)[.,;]?", ""),
    (r"(?-i:\b(Mr|Mrs|Ms|Dr|St|Prof|Mt|Jr|Sr|Capt|Sgt)\.)", r"\1"),
    # "one's black, the other one's white"
    (r"\b(one|another|other)'s (?!own\b)(?=[a-z]+(?:ing\b|[,.;]|$| and\b))", r"\1 is "),
    (rf"\b(?:an? )?({_NUMBER})[ -](?:pack|pair|piece set|set) of (?=\w)", r"\1 "),  # "a 3 pack of mats"
    (r"\b(table|tray|desk|place) set (?=with|for)", r"\1 laid "),  # "a table set for four"
    (r",? (?:and |with )?(?:all |the )+(?:others?|rest|remaining)(?: \w+)?(?: (?:are|is|left))? empty\b", ""),
    # "nothing on it but a cup and a book"
    (
        rf"{_NOTHING}(?P<where>(?:on|in|inside|under|beside|next to|around) (?:it|them|top)) {_BUT}"
        r"(?P<list>(?:[^.,;!?]|,(?= (?:an?|the|one|two|three|some)\b[^.;]*\band\b))+)",
        r"\g<list> \g<where>",
    ),
    (rf"{_NOTHING}{_BUT}", ""),
    (r" where instead of ", ", instead of "),
    # "a terrarium without plants, only sand and a skull": they are in it
    (
        rf"\b({'|'.join(sorted(words.CONTAINERS | words.HOLLOW))}) ((?:without|with no|has no) [^.;:]*?), "
        r"(?:(?:there (?:is|are) )?(?:only|just) )(?!in\b|on\b|the\b|[^.;]*\b(?:inside|in it)\b)",
        r"\1 \2, in it ",
    ),
    # "instead of the dog I want a pelican"
    (
        rf"{_BEGINS}instead of (?:the |an? |my |that )?([\w -]+?),? "
        r"(?=(?:i|we|you|he|she|it|they|there|please|put|use|have|show|draw|make|add|give)\b)",
        r"no \1, ",
    ),
    # "a cactus instead of a Christmas tree"
    (
        r" (?:instead of|rather than) (?:an?|the|any|his|her|its) [\w-]+(?: [\w-]+)?"
        r"(?= ?[.,;!?]|$| (?:on|in|at|with|under|and|beside|next|behind) )",
        "",
    ),
    # "no hats, leashes or toys", "please avoid logos, license plates and brand names"
    (
        rf"\b(?:no|without)(?: an?| any)? (?P<list>{_UNWANTED}(?:, {_UNWANTED})+,? (?:or|nor) {_UNWANTED})",
        _each_unwanted,
    ),
    (
        r"(?:^|(?<=[.,;!?] ))(?:but |and )?(?:please |pls |plz )?(?:and )?(?:avoid|exclude|omit|leave out)"
        r"(?: any| all| using| adding| showing)* "
        rf"(?P<list>(?:{_UNWANTED}(?:, {_UNWANTED})*,? (?:and|or) )?{_UNWANTED})",
        _each_unwanted,
    ),
    # "a girl of about ten"
    (
        rf"\b(girl|boy|man|woman|child|lady|person|kid) of (?:about |around |perhaps |maybe )?({_NUMBER})\b"
        r"(?: years?(?: old)?)?(?! (?:of|the|\w+s)\b(?! (?:on|in)))",
        r"\2-year-old \1",
    ),
    # "three kids, two holding balloons, one just eating cake"
    (
        rf"(, (?:and )?)({_NUMBER}) (?:just )?(?=(?:hold|wear|carry|eat|read|drink|play|chew)ing [a-z]{{2,}})",
        r"\1\2 of them ",
    ),
    # "my son loves bees so I'd like a card with …"
    (r"^((?:my|our) \w+ (?:also |really )?\w+s [^,.;]+?) so (?=(?:i|we|can|could|please|pls)\b)", r"\1, "),
    # "two doctors, both women"
    (
        rf"(?P<many>\b(?:{_NUMBER}) (?:[\w'-]+ ){{0,3}}[\w'-]+, )(?P<whole>both|all)(?: of them)? "
        r"(?P<what>[a-z-]+)(?= ?[.,;!?]|$| (?:haha|lol)\b)",
        _are_all,
    ),
    # "nobody sees that it hangs on the door", "no one notices the thief": it is there
    (
        r"(?:\b(?:and|but|so) )?\b(?:nobody|no[- ]one|none of (?:them|the \w+)) (?:ever |has |have |had )*"
        r"(?:see|saw|notice|know|knew|suspect|reali[sz]e|spot|hear)[nsd]?(?: that)? "
        r"(?!(?:how|wh\w+|about|of|that) )(?P<it>(?:it|they) )?(?=\w+ \w)",
        lambda m: "something " if m["it"] else "",
    ),
    # "a hall after everyone has left": who is gone is not there
    (
        r" (?:just |right )?(?:after|before|once) (?:everyone|everybody|(?:all )?the [\w ]{2,20}) "
        r"(?:ha[sd]|have|is|are)(?: just| already)? (?:left|gone|over|ended|arrived|departed|finished|closed)"
        r"(?: home| away)?(?= ?[,.;]|$)",
        "",
    ),
    (r"\bput(s?) on (?=(?:his|her|its|their) )", r"wear\1 "),  # "all five put on their scarves"
    # "behind stands an old mill"
    (
        rf"{_BEGINS}behind,? (?:they )?"
        r"(?=(?:is|are|was|were|there|stands?|stood|sits?|lies?|rises?|grows?) )",
        "in the background ",
    ),
    (r"^it needs? (?=(?:an?|one|two|three|some) )", "there is "),  # "it needs a table", said of the picture
    # "down the bridge is a boat"
    (rf"{_BEGINS}down (?=the (?!street|road|hill|path|lane|hall|stairs|river)\w+ (?:is|are) )", "under "),
    # "at the bottom in a yellow banner Sat 10-2"
    (
        r"(?-i:(?P<where>\b(?:in|on) an? (?:[a-z]+ )?(?:banner|ribbon|badge|starburst|strip)) "
        r"(?P<text>[A-Z][\w'-]*(?: [A-Z\d][\w:'-]*)+)(?=[.,;]|$))",
        r'the words "\g<text>" \g<where>',
    ),
    # "tagline at the bottom: Even dust can bloom."
    (
        r"(?-i:\b(?P<what>[Tt]agline|[Ss]logan|[Hh]eadline|[Tt]itle|[Cc]aption|[Ss]ubtitle|[Hh]eading|[Tt]ext|[Aa]uthor)"
        r"(?: name)?(?P<where>(?: (?:at|on|in|across|along|below|above|under)(?: [a-z]+)*)?): "
        r"(?P<text>[A-Z\d](?:[^.;,\"]|(?<=\b[A-Z])\."
        r"|,(?! (?:an?|two|three|the|below|above|under|beneath|next|beside|with|on|in|at)\b))*))",
        r'\g<what> "\g<text>"\g<where>',
    ),
    (
        r"\b(?:on|at|to|in) one (?:side|half|end|corner)(?P<of> of (?!the pict|the image))?\b(?P<between>.*?)"
        r"\b(?:on|at|to|in) the other(?: (?:side|half|end|corner))?(?! of)"
        r"(?= ?[.,;:]|$| (?:an?|the|is|are|you|and|stands?|sits?|lies?) )",
        _left_and_right,
    ),
)
_PLAINLY: Final = tuple((re.compile(pattern, re.IGNORECASE), plainly) for pattern, plainly in _RULES)
_IN_ORDER: Final = re.compile(r"\b(left to right|right to left|top to bottom|bottom to top)\b", re.IGNORECASE)
_NEW_THING: Final = re.compile(r"(\w+) (?=an? \w)", re.IGNORECASE)
_JOINS: Final = words.word_set("and or with of in on at to by from for is are has left right top bottom then both")


def _with_commas(sentence: str) -> str:
    """ "from left to right a cup a hat and a ball": an article after a noun begins the next thing."""
    order = _IN_ORDER.search(sentence)
    if order is None:
        return sentence
    return sentence[: order.end()] + _NEW_THING.sub(_parted, sentence[order.end() :])


def _parted(found: re.Match[str]) -> str:
    third = (forms.verb_form(found[1].lower()) or ("", ""))[1] == "third"  # "a knight polishes a sword"
    return found[0] if third or found[1].lower() in _JOINS else f"{found[1]}, "
