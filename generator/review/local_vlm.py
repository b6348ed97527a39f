"""A vision-language model of transformers on this machine, held to the schema token by token.

Any model that `AutoModelForImageTextToText` loads, with its processor and chat template (Qwen2.5-VL, SmolVLM, LLaVA);
no code that comes with it is run. Imported only when it looks.
"""

from __future__ import annotations

import importlib.util
import io
import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from PIL import Image

from generator.weights.libraries import silent_libraries
from planner.backends import Message, Reply, Request, Usage
from planner.errors import BackendError
from planner.loop.redaction import on_one_line

log = logging.getLogger("ragplan")

PACKAGES: Final = ("torch", "transformers", "llguidance")
LONGEST_REASON: Final = 300  # characters of a library's error
MOST_TOKENS: Final = 1500  # of an answer


class LocalVlm:
    """A model that is loaded once; it is on its device only while it looks.

    model: a folder or a hub id. device: where it runs; None: CUDA where there is one.
    """

    name = "local"

    def __init__(self, model: str, device: str | None = None) -> None:
        check_packages()
        self.model, self._device = model, device

    def complete(self, request: Request) -> Reply:
        """Let the model answer. Raises `BackendError` where it cannot be loaded, or is not ready in time."""
        model, processor = self._loaded
        try:
            return _write(model.to(self._chosen), processor, request)
        finally:
            model.to("cpu")  # the painter's again

    @property
    def _chosen(self) -> str:
        import torch

        return self._device or ("cuda" if torch.cuda.is_available() else "cpu")

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        import torch
        from transformers import AutoModelForImageTextToText, AutoProcessor

        log.info("loading %s, which looks", self.model)
        local = Path(self.model).expanduser().is_dir()
        options: dict[str, Any] = {"trust_remote_code": False, "local_files_only": local}
        dtype = torch.bfloat16 if self._chosen.startswith("cuda") else torch.float32
        try:
            with silent_libraries():
                processor = AutoProcessor.from_pretrained(self.model, **options)
                model = AutoModelForImageTextToText.from_pretrained(
                    self.model, dtype=dtype, use_safetensors=True, **options
                )
        except Exception as error:  # of transformers and the hub: they raise anything
            why = on_one_line(str(error))[:LONGEST_REASON] or type(error).__name__
            hint = "a folder or a hub id of a vision-language model; its own code is never run"
            raise BackendError(f"vlm cannot load {self.model!r}: {why}", provider="vlm", hint=hint) from error
        return model.eval(), processor


def check_packages() -> None:
    """Raise `BackendError` where a package is not installed."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        message = f"a local vision-language model needs the packages {', '.join(missing)}"
        raise BackendError(message, provider="vlm", hint="pip install llguidance")


def weights_bytes(model: str) -> float:
    """Return what a model's files take, as they are loaded; 0 where it is not on this disk."""
    return float(sum(file.stat().st_size for file in Path(model).expanduser().glob("*.safetensors")))


def _write(model: Any, processor: Any, request: Request) -> Reply:
    """Write an answer after the request's schema."""
    import torch
    from transformers import LogitsProcessorList, MaxTimeCriteria, StoppingCriteriaList

    from generator.review.held_to_schema import HeldToSchema

    pictures = [Image.open(io.BytesIO(data)) for message in request.messages for data in message.images]
    text = processor.apply_chat_template(_turns(request.messages), add_generation_prompt=True, tokenize=False)
    inputs = processor(text=[text], images=pictures, return_tensors="pt").to(model.device)
    length = inputs["input_ids"].shape[1]
    held = HeldToSchema(processor.tokenizer, request.schema, model.config.get_text_config().vocab_size, length)
    late = [] if request.timeout_s is None else [MaxTimeCriteria(request.timeout_s)]
    with torch.inference_mode():
        written = model.generate(
            **inputs,
            do_sample=False,
            max_new_tokens=min(request.max_tokens, MOST_TOKENS),
            logits_processor=LogitsProcessorList([held]),
            stopping_criteria=StoppingCriteriaList(late),
        )[0, length:]
    said = processor.tokenizer.decode(written, skip_special_tokens=True)
    usage, name = Usage(length, len(written)), Path(model.name_or_path).name
    if not held.ended and len(written) < min(request.max_tokens, MOST_TOKENS):
        message = f"vlm was not ready within {request.timeout_s:.3g} s ({len(written)} tokens)"
        raise BackendError(message, provider="vlm", hint="allow it more time, or take a smaller model")
    return Reply(said, "stop" if held.ended else "length", usage, name)


def _turns(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Return a chat as templates of vision-language models have it: pictures first, then the words."""
    return [
        {
            "role": message.role,
            "content": [*({"type": "image"} for _ in message.images), {"type": "text", "text": message.content}],
        }
        for message in messages
    ]
