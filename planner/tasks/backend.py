"""What the planner asks of a backend: one request in, one reply out.

A backend is an object with a `name` and a method `complete`; nothing has to be inherited. It turns a request into
text that should be JSON after the request's schema. Checking the text, asking again and repairing is the planner's
work. What else a backend is goes into its `capabilities`; without them it has the usual ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from planner.complaints import Complaint
from planner.plan import Box, Plan
from planner.plan.limits import MAX_REPLY_TOKENS

FinishReason = Literal["stop", "length", "refusal"]
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Message:
    """One turn of a chat, with pictures (PNG) for models that see."""

    role: Role
    content: str
    images: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Usage:
    """Tokens that a reply cost; 0 where a backend counts none."""

    prompt_tokens: int = 0
    reply_tokens: int = 0

    @property
    def total(self) -> int:
        """Tokens in both directions."""
        return self.prompt_tokens + self.reply_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.prompt_tokens + other.prompt_tokens, self.reply_tokens + other.reply_tokens)


@dataclass(frozen=True)
class Original:
    """A picture that a sentence changes.

    `region` is what is painted anew, in fractions; None: the box of the object that changes. `changed` is that object's
    number; None: the sentence says which.
    """

    plan: Plan
    region: Box | None = None
    changed: int | None = None


@dataclass(frozen=True)
class Request:
    """What a backend is asked.

    `width` and `height` are the canvas in pixels, `schema` the JSON Schema of the reply, `messages` the chat for a
    language model, `complaints` what was wrong with the last attempt (empty at the first one), `timeout_s` how many
    seconds are left for the answer (None: any), `max_tokens` how long it may be. `original` is the picture that the
    sentence changes; None: it describes a new one. `flawed` is a plan that was painted already, and `complaints` say
    what was wrong with its picture; None: nothing was painted yet.
    """

    sentence: str
    width: int
    height: int
    schema: Mapping[str, Any] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    timeout_s: float | None = None
    max_tokens: int = MAX_REPLY_TOKENS
    original: Original | None = None
    flawed: Plan | None = None


@dataclass(frozen=True)
class Reply:
    """What a backend answered: text that should be JSON, why it ended, what it cost, and who wrote it.

    Halves of surrogate pairs, which no file and no server takes, become U+FFFD in both texts.
    """

    text: str
    finish_reason: FinishReason = "stop"
    usage: Usage = Usage()
    model: str = ""

    def __post_init__(self) -> None:
        for name in ("text", "model"):
            value = getattr(self, name)
            if not isinstance(value, str):
                raise TypeError(f"a reply's {name} must be a text, got {type(value).__name__}")
            object.__setattr__(self, name, value.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


@dataclass(frozen=True)
class Capabilities:
    """What a backend can do and depends on, as the planner needs to know it. The defaults are those of any program.

    task: What it is asked for, a name in `planner.tasks.tasks.TASKS`: "plan" (a plan document), "layout" (for a
        language model: what is in the picture, then cells and boxes) or "scene" (for a small one: words, no numbers).
        About a picture that changes all are asked the same.
    identity: Everything that its answers depend on (model, server, options); None: its plans are not cached.
    remote: It is a server, which is asked again where it hangs.
    instant: It waits for nothing, and is asked even when the time for a plan is up.
    prompts: A folder of prompts of its own; None: the usual ones.
    reads_english: Its plans come from our own reader of English, so there is nothing to hold them against.
    """

    task: str = "plan"
    identity: Mapping[str, Any] | None = None
    remote: bool = False
    instant: bool = False
    prompts: Path | None = None
    reads_english: bool = False

    @classmethod
    def of(cls, backend: object) -> "Capabilities":
        """Return the backend's `capabilities`, or what it says in attributes of these names (`task = "layout"`)."""
        own = getattr(backend, "capabilities", None)
        if isinstance(own, cls):
            return own
        names = [item.name for item in fields(cls)]
        return cls(**{name: getattr(backend, name) for name in names if hasattr(backend, name)})


@runtime_checkable
class Backend(Protocol):
    """Anything that answers requests for a plan.

    `complete` raises `BackendError` where no reply comes, `PlanError` where no plan is possible at all.
    """

    @property
    def name(self) -> str:
        """What the backend is called in `backend=…` and in messages."""
        ...

    def complete(self, request: Request) -> Reply:
        """Answer a request."""
        ...
