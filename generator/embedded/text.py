"""The embedded model's two text encoders and their word tokenizers: small T5 and CLIP of transformers, untrained here.

The tokenizer knows a few hundred words; every other word becomes `<unk>`, which training also uses, so that unknown
words around a known noun do no harm. Plurals and synonyms are read as the noun (`catalogue.ALIASES`).
"""

from __future__ import annotations

import re

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import CLIPTextConfig, CLIPTextModel, PreTrainedTokenizerFast, T5Config, T5EncoderModel

from generator.embedded.catalogue import ALIASES, OBJECTS
from generator.embedded.colours import COLOURS
from generator.embedded.grounds import PHRASES, WORDS
from generator.embedded.pictures import ADJECTIVES, OPENINGS, TAILS
from generator.embedded.scenes import SENTENCES

MAX_TOKENS = 48
T5_WIDTH = 128
CLIP_WIDTH = 96
SPECIAL = ("<pad>", "<unk>", "<s>", "</s>")
EXTRA_WORDS = [
    "a",
    "an",
    "the",
    "and",
    "with",
    "of",
    "in",
    "on",
    "at",
    "is",
    "are",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "some",
    "behind",
    "beside",
    "inside",
    "around",
    "over",
    "beneath",
    "underneath",
    "corner",
    "centre",
    "center",
    "side",
    "row",
    "upper",
    "lower",
    "near",
]


def vocabulary() -> list[str]:
    """List every word that the tokenizers tell apart, special tokens first."""
    groups = (*SENTENCES.values(), *PHRASES.values())
    texts = [*ADJECTIVES, *OPENINGS, *TAILS, *(s for group in groups for s in group)]
    words = {word for text in texts for word in re.findall(r"[a-z]+", text)}
    return [*SPECIAL, *sorted(words | set(EXTRA_WORDS) | set(OBJECTS) | set(COLOURS) | set(WORDS))]


def word_tokenizer(*, start: bool) -> PreTrainedTokenizerFast:
    """Make a lower-case word tokenizer of `MAX_TOKENS` tokens that ends in `</s>`; `start` puts `<s>` first (CLIP)."""
    ids = {word: i for i, word in enumerate(vocabulary())}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))
    aliases = [normalizers.Replace(Regex(rf"\b{word}\b"), noun) for word, noun in ALIASES.items()]
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Lowercase(), normalizers.Replace(Regex("[^a-z0-9]+"), " "), *aliases]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>" if start else "$A </s>",
        special_tokens=[(token, ids[token]) for token in ("<s>", "</s>")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=MAX_TOKENS,
        pad_token="<pad>",
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
    )


def new_t5(vocabulary_size: int) -> T5EncoderModel:
    """Return the untrained encoder whose output (batch, tokens, T5_WIDTH) the transformer attends to."""
    return T5EncoderModel(
        T5Config(
            vocab_size=vocabulary_size,
            d_model=T5_WIDTH,
            d_kv=32,
            d_ff=256,
            num_layers=2,
            num_heads=4,
            dropout_rate=0.0,
            feed_forward_proj="gated-gelu",
            pad_token_id=SPECIAL.index("<pad>"),
            eos_token_id=SPECIAL.index("</s>"),
        )
    )


def new_clip(vocabulary_size: int) -> CLIPTextModel:
    """Return the untrained encoder whose pooled output (batch, CLIP_WIDTH) modulates every block."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary_size,
            hidden_size=CLIP_WIDTH,
            intermediate_size=2 * CLIP_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=3,
            max_position_embeddings=MAX_TOKENS,
            pad_token_id=SPECIAL.index("<pad>"),
            bos_token_id=SPECIAL.index("<s>"),
            eos_token_id=SPECIAL.index("</s>"),
        )
    )
