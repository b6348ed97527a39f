"""What is said of a wrong command line: one line that names the option, and what was meant perhaps."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from generator.cli.options import reader
from planner.lexicon.kinds import known_kind_of

CLOSE = 0.75  # how much alike, 0..1, words must be for "did you mean"
ELSEWHERE = {  # what other tools call it, or what is said at another place
    "--style": 'style words belong to the plan: ragplan plan "…" --style WORDS -o plan.json, then paint plan.json',
    "--width": "the canvas is --size WIDTHxHEIGHT",
    "--height": "the canvas is --size WIDTHxHEIGHT",
    "--num-inference-steps": "the denoising steps are --steps N",
    "--guidance-scale": "the guidance scale is --guidance SCALE",
    "--cfg": "the guidance scale is --guidance SCALE",
    "--cfg-scale": "the guidance scale is --guidance SCALE",
    "--out": "the file to write is -o FILE",
    "--num-images": "several pictures of a plan: ragplan generate plan.json --images N -o FOLDER",
    "--images": "several pictures of a plan: ragplan generate plan.json --images N -o FOLDER",
    "--cpu": "the device is --device cpu",
    "--gpu": "the device is --device cuda",
    "--verbose": "all notes are said with --debug",
    "--lora-scale": "the scale stands behind the file: --lora FILE:0.8",
    "--prompt": 'the sentence stands without an option: ragplan "a dog"; --prompt is one of ragplan repaint',
    "--num-steps": "the denoising steps are --steps N",
    "--image-size": "the canvas is --size WIDTHxHEIGHT",
    "--sampler": "the sampler is the model's own",
    "--scheduler": "the sampler is the model's own",
    "--init-image": "ragplan paints no variation of a picture; ragplan repaint PICTURE changes one thing in it, and a "
    "ControlNet follows a sketch: --controlnet MODEL --control-image FILE",
}
MEANT = {"paint": "create", "make": "create", "txt2img": "create", "new": "create"}  # commands of other tools


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and to which -64x64 or -0.1,0,0.5,0.5 is an option's value and no option."""

    def __init__(self, **about: Any) -> None:
        super().__init__(**about)
        self._negative_number_matcher = re.compile(r"-\.?\d")  # argparse's own knows -1 and -0.5 only
        for kind in (int, float):
            self.register("type", kind, reader(kind))

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where more is told, and exit with 2."""
        self.exit(2, f"ragplan: {' '.join(message.removeprefix('argument ').split())}; see {self.prog} --help\n")

    @property
    def options(self) -> list[str]:
        """All long options."""
        return [name for action in self._actions for name in action.option_strings if name.startswith("--")]


def refuse_slip(parser: Parser, commands: Sequence[str], first: str) -> None:
    """Exit for a first word that was hardly meant as the sentence to paint: a command mistyped, or a file.

    A plane, a planet and a menu are things to paint, however near they are to a command.
    """
    if re.search(r"\s", first) or first.startswith("-"):
        return
    word = first.lower()
    thing = known_kind_of(word) is not None and f"{word}s" not in commands
    close = () if thing else difflib.get_close_matches(word, commands, n=1, cutoff=CLOSE)
    if meant := MEANT.get(word) or next(iter(close), None):
        parser.error(
            f"there is no command {first!r}, did you mean the command {meant!r}? "
            f"To paint the word itself: ragplan create {first}"
        )
    if Path(first).suffix.lower() in (".json", ".png"):
        parser.error(f"{first!r} is a file's name; ragplan generate {first} paints it")


def explain_rest(rest: Sequence[str], parser: Parser, commands: Mapping[str, Parser]) -> str:
    """Say what is wrong with the words that no option and no argument took."""
    unknown = [word.partition("=")[0] for word in rest if re.match(r"--?[A-Za-z]", word)]
    if not unknown:
        return f"unrecognized arguments: {' '.join(rest)} (quote a sentence of several words)"
    return "; ".join(f"there is no option {name} here ({_advice(name, parser, commands)})" for name in unknown)


def _advice(name: str, parser: Parser, commands: Mapping[str, Parser]) -> str:
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    if owners := [command for command, other in commands.items() if name in other.options]:
        return f"it is one of ragplan {', '.join(owners)}"
    if near := _near(name, [*parser.options, *ELSEWHERE]):
        return ELSEWHERE.get(near) or f"did you mean {near}?"
    for command, other in commands.items():
        if near := _near(name, other.options):
            return f"did you mean {near}, one of ragplan {command}?"
    return "no command has it"


def _near(name: str, options: Sequence[str]) -> str | None:
    """Return the option that is most like a wrong one, if it is near enough; the dashes make nothing alike."""
    bare = {option.removeprefix("--"): option for option in options}
    close = difflib.get_close_matches(name.lstrip("-"), bare, n=1, cutoff=CLOSE)
    return bare[close[0]] if close else None


def refuse_other_s(words: Sequence[str], parser: Parser, commands: Mapping[str, Parser]) -> None:
    """Exit for another command's option that argparse would take for the beginning of one of this: --prompt, --prompts.

    words: those behind the command.
    """
    others = {option for other in commands.values() for option in other.options} - set(parser.options)
    for word in words:
        name = word.partition("=")[0]
        if name in others and any(option.startswith(name) for option in parser.options):
            parser.error(explain_rest([name], parser, commands))
