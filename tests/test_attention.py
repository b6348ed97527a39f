"""The parts of the packed sequence: views of it hold what a copy would, and outputs get back to where they belong."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from generator.regions.packing import RegionLayout


@st.composite
def layouts(draw: st.DrawFn) -> RegionLayout:
    """Some cells with texts of any lengths; the base's is there where one δ is below 1."""
    cells = draw(st.lists(st.integers(1, 5), min_size=1, max_size=5))
    strengths = tuple(draw(st.sampled_from([0.25, 1.0])) for _ in cells)
    texts = [draw(st.integers(1, 9)) for _ in range(len(cells) + (min(strengths) < 1))]
    return RegionLayout(tuple(texts), tuple(cells), strengths, draw(st.booleans()))


@given(layout=layouts(), single_stream=st.booleans())
def test_each_text_stream_has_its_text_and_its_image_tokens(layout: RegionLayout, single_stream: bool) -> None:
    text, image = sum(layout.text_tokens), layout.image_tokens
    tokens = text + image * (1 + (layout.doubled and single_stream))
    values = torch.arange(2.0 * tokens).reshape(2, tokens, 1, 1)
    texts = list(reversed(values[:, :text].split_with_sizes(list(reversed(layout.text_tokens)), dim=1)))
    first, last = values[:, text : text + image], values[:, -image:]
    cells = list(last.split_with_sizes(layout.cell_tokens, dim=1))
    queries = [torch.cat(pair, dim=1) for pair in zip(texts, [first] * layout.mixed + cells, strict=True)]
    seen = [torch.cat([part, last], dim=1) for part in texts]
    if layout.mixed:
        seen[0] = torch.cat([texts[0], first], dim=1)
    outputs = []
    for number, (query, key, value) in enumerate(layout.streams(*(values.clone() for _ in range(3)))):
        assert torch.equal(query, queries[number])
        assert torch.equal(layout.query_of(values, number), queries[number])
        assert torch.equal(key, seen[number])
        assert torch.equal(value, seen[number])
        outputs.append(query.clone())
    assert len(outputs) == len(layout.text_tokens)
    joined = layout.join(outputs, tokens)
    if layout.mixed:
        weights = torch.tensor(
            [s for s, count in zip(layout.strengths, layout.cell_tokens, strict=True) for _ in range(count)]
        )
        first = torch.lerp(first, last, weights[:, None, None])
    elif layout.doubled:
        first = last
    assert torch.allclose(joined, torch.cat([values[:, :text], first, last][: 2 + (tokens > text + image)], dim=1))
