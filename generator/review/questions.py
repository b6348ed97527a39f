"""A question about a picture, asked as the planner asks: a schema, the answer checked, asked again, or given up.

`question` writes it, `ask` has it answered; `prompts/review/` has the words and the schema.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from PIL import ImageDraw
from PIL.Image import Image

from planner.backends import Backend, Message, Reply, Request, Usage
from planner.complaints import Complaint, against_schema
from planner.drawing import BOX_COLORS, font_for
from planner.errors import BackendError
from planner.loop.attempts import unfinished
from planner.loop.coercion import coerce, unwrap
from planner.loop.prompting import Prompts, load_prompts
from planner.loop.replies import parse_reply
from planner.loop.transport import Deadline, Transport, send
from planner.plan import Plan

SCHEMA: Final = Path(__file__).parent.parent.parent / "prompts" / "review" / "schema.json"
LONGEST_SIDE: Final = 1024  # px of the picture that is sent
FONT_SHARE: Final = 1 / 24  # of the picture's shorter side
ATTEMPTS: Final = 3
MAX_TOKENS: Final = 4096
TOLERANCE: Final = 0.05  # by which a box may reach over the picture's edge; it is cut there


@dataclass(frozen=True)
class Answered:
    """An answer after the schema, without faults, and the tokens that it cost."""

    data: Mapping[str, Any]
    usage: Usage


def question(image: Image, plan: Plan) -> Request:
    """Return what is asked of a picture: the plan's objects by their numbers, and their boxes drawn on it."""
    lines = [f"What was planned: {plan.prompt}", "", "The objects of the plan, by the numbers of their boxes:"]
    lines += [f"{number}: {item.name}" for number, item in enumerate(plan.objects)]
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    count = len(plan.objects)
    schema["properties"]["objects"] |= {"minItems": count, "maxItems": count}
    request = Request("\n".join(lines), image.width, image.height, schema=schema, max_tokens=MAX_TOKENS)
    return replace(request, messages=_with_picture(load_prompts("review").first(request), _png(numbered(image, plan))))


def ask(backend: Backend, request: Request, timeout_s: float | None) -> Answered:
    """Ask until there is an answer without faults, at most `ATTEMPTS` times.

    timeout_s: for all of it; None: any time.
    Raises `BackendError` where there is no answer, or only faulty ones.
    """
    prompts, deadline, usage = load_prompts("review"), Deadline(timeout_s), Usage()
    first, current = request, request
    found: tuple[Complaint, ...] = ()
    for _ in range(ATTEMPTS):
        reply = send(backend, current, Transport(), deadline)
        usage += reply.usage
        data, found = read_answer(reply, first)
        if not found:
            return Answered(data, usage)
        current = _again(prompts, first, reply, found)
    listed = "; ".join(str(each).removeprefix(": ") for each in found[:3])
    message = f"{backend.name} gave no usable answer about the picture in {ATTEMPTS} attempts: {listed}"
    raise BackendError(message, provider=backend.name)


def read_answer(reply: Reply, request: Request) -> tuple[Mapping[str, Any], tuple[Complaint, ...]]:
    """Read an answer, and say what is wrong with it; raises nothing."""
    if reply.finish_reason != "stop":
        return {}, (unfinished(reply),)
    parsed = parse_reply(reply.text, request.schema["required"])
    if parsed.complaint is not None:
        return {}, (parsed.complaint,)
    data, _ = coerce(unwrap(parsed.data, request.schema)[0], request.schema)
    return data, against_schema(data, request.schema) or tuple(_contradictions(data))


def _contradictions(data: Mapping[str, Any]) -> list[Complaint]:
    """Say where an answer after the schema cannot be true."""
    found = []
    for place, item in enumerate(data["objects"]):
        path = f"objects[{place}]"
        if item["number"] != place:
            found.append(
                Complaint("wrong_number", f"{path}.number", f"It must be {place}: each object once, in order.")
            )
        if item["seen"] != (item["count"] > 0):
            message = "An object is seen where its count is 1 or more, and only there."
            found.append(Complaint("seen_and_count", path, message))
        if not item["seen"] and item["in_box"]:
            found.append(Complaint("seen_and_place", path, "What is not seen is not in its box either."))
    for place, stray in enumerate(data["strays"]):
        box = stray["box"]
        over = max(box["x"] + box["width"], box["y"] + box["height"]) > 1 + TOLERANCE
        if over or min(box["width"], box["height"]) <= 0:
            message = "The box must have an area and lie inside the picture, in fractions of it."
            found.append(Complaint("box_off_picture", f"strays[{place}].box", message))
    return found


def _again(prompts: Prompts, first: Request, reply: Reply, found: tuple[Complaint, ...]) -> Request:
    """Return the question with the last answer and what is wrong with it, the picture where it was."""
    messages = prompts.next(first, reply.text, found)
    [picture] = [message.images for message in first.messages if message.images]
    return replace(first, messages=_with_picture(messages, picture[0]), complaints=found)


def _with_picture(messages: tuple[Message, ...], picture: bytes) -> tuple[Message, ...]:
    """Put a picture to the first message of the user's."""
    at = next(place for place, message in enumerate(messages) if message.role == "user")
    return (*messages[:at], replace(messages[at], images=(picture,)), *messages[at + 1 :])


def numbered(image: Image, plan: Plan) -> Image:
    """Return a copy of a picture, not larger than is sent, with the plan's boxes and their numbers drawn on it."""
    drawn = image.convert("RGB")
    drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    draw, size = ImageDraw.Draw(drawn), max(round(min(drawn.size) * FONT_SHARE), 10)
    font = font_for("0123456789", size)
    for number, item in enumerate(plan.objects):
        box, colour = item.box, BOX_COLORS[number % len(BOX_COLORS)]
        left, top = round(box.x * drawn.width), round(box.y * drawn.height)
        right, bottom = round(box.right * drawn.width) - 1, round(box.bottom * drawn.height) - 1
        draw.rectangle((left, top, max(left, right), max(top, bottom)), outline=colour)
        draw.rectangle((left, top, left + round(font.getlength(str(number))) + 2, top + size + 2), fill=colour)
        draw.text((left + 1, top), str(number), fill="white", font=font)
    return drawn


def _png(image: Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
