"""A run as one HTML page that needs nothing else: numbers, every prompt at a glance, the worst plans drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from planner.evaluation.reports.report import describe, effort, is_bad, part, title, worst
from planner.evaluation.reports.svg import color_of, draw_svg
from planner.evaluation.summary import Scored, Share, Summary

MOST_DRAWN = 48
GOOD_ONES = 8
STYLE = """
:root{--paper:#fff;--soft:#f4f6f8;--ink:#1c2530;--gray:#66717e;--line:#dde3e9;--good:#2f9e44;--half:#e8a317;--bad:#d9363e;
--canvas:#fff;--cell:#c3ccd6}
@media (prefers-color-scheme:dark){:root{--paper:#12171d;--soft:#1b222a;--ink:#e6ebf0;--gray:#94a1ae;--line:#2b3540;
--canvas:#eef1f4}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.5rem 4rem;max-width:1180px;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem;letter-spacing:-.01em}
h2{font-size:1.15rem;margin:2.6rem 0 .8rem}
p{margin:.3rem 0}.gray{color:var(--gray)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:.8rem;margin-top:1.6rem}
.tile{background:var(--soft);border-radius:10px;padding:.9rem 1.1rem}
.tile b{display:block;font-size:1.75rem;line-height:1.2;font-variant-numeric:tabular-nums}
.tile span{color:var(--gray);font-size:.85rem}
.columns{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:2.4rem}
@media (max-width:800px){.columns{grid-template-columns:1fr;gap:0}}
table{border-collapse:collapse;width:100%}
td,th{padding:.32rem .6rem .32rem 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:middle}
th{font-weight:600;font-size:.85rem;color:var(--gray)}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.bar{position:relative;height:10px;min-width:120px;background:var(--soft);border-radius:5px;overflow:hidden}
.bar i{position:absolute;inset:0 auto 0 0;background:var(--good)}
.bar u{position:absolute;top:3px;height:4px;background:rgba(0,0,0,.42)}
.glance{display:flex;flex-wrap:wrap;gap:3px}
.glance a{width:13px;height:13px;border-radius:3px;background:var(--cell)}
.glance .g{background:var(--good)}.glance .h{background:var(--half)}.glance .b{background:var(--bad)}
.plans{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:1.1rem}
.card{background:var(--soft);border-radius:12px;padding:.9rem 1rem 1rem;min-width:0}
.card h3{font-size:.98rem;line-height:1.35;margin:0 0 .45rem;overflow-wrap:anywhere}
.card ul{list-style:none;margin:.6rem 0 0;padding:0;font-size:.85rem;display:flex;flex-wrap:wrap;gap:.1rem .9rem}
.card li{overflow-wrap:anywhere}
.card li i{display:inline-block;width:.62rem;height:.62rem;border-radius:3px;margin-right:.15rem}
.fault{color:var(--bad);font-size:.88rem}.asked{color:var(--gray);font-size:.85rem}
.tag{display:inline-block;font-size:.75rem;color:var(--gray);border:1px solid var(--line);border-radius:99px;
padding:0 .55rem;margin:.45rem .3rem 0 0}
svg.plan{display:block;width:100%;height:auto;max-height:26rem;margin-top:.6rem}
svg .canvas{fill:var(--canvas);stroke:var(--gray)}
svg .cell{fill:none;stroke:var(--cell);stroke-dasharray:5 4;stroke-width:1.5}
svg .label{fill:#fff;font:600 13px system-ui,sans-serif}
details{font-size:.85rem;margin-top:.5rem}summary{cursor:pointer;color:var(--gray)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;max-height:14rem;overflow:auto;font-size:.75rem;margin:.4rem 0 0}
"""


def page(setup: Mapping[str, Any], summary: Summary, scored: Sequence[Scored]) -> str:
    """Write the page of a run."""
    bad = worst(scored)
    size = {"width": setup["width"], "height": setup["height"]}
    shown = {id(item) for item in bad[:MOST_DRAWN]}
    best = sorted((i for i in scored if not is_bad(i)), key=lambda i: -i.validity.boxes)[:GOOD_ONES]
    body = [
        f"<h1>{escape(title(setup))}</h1>",
        f'<p class="gray">{escape(describe(setup, summary))}</p>',
        _tiles(summary),
        '<div class="columns"><div><h2>Scores</h2>',
        _scores(summary),
        "</div><div><h2>Boxes and effort</h2>",
        _rows(effort(summary)),
        "</div></div>",
        f"<h2>Every prompt</h2>{_glance(scored, shown)}",
        f"<h2>What went wrong</h2>{_drawn_of(bad)}",
        f'<div class="plans">{"".join(_card(item, **size) for item in bad[:MOST_DRAWN])}</div>',
    ]
    if best:
        body.append("<h2>The fullest of the right ones</h2>")
        body.append(f'<div class="plans">{"".join(_card(item, **size) for item in best)}</div>')
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title(setup))}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style>'
        f"<body>{''.join(body)}</body></html>\n"
    )


def _tiles(summary: Summary) -> str:
    total = list(summary.shares.values())[-1:] or [{}]
    tiles = [(f"{share.mean:.1%}", name) for name, share in total[0].items()][:3]
    found = summary.validity
    tiles += [
        (str(found.invalid), "invalid boxes: off the canvas, under-sized, identical"),
        (str(summary.failed), "plans that failed"),
        (part(found.overlapping, found.pairs).split(" (")[-1].rstrip(")"), "of pairs overlap"),
        (_duration(summary.median_seconds), "a prompt (median)"),
    ]
    drawn = (f'<div class="tile"><b>{escape(big)}</b><span>{escape(small)}</span></div>' for big, small in tiles)
    return f'<div class="tiles">{"".join(drawn)}</div>'


def _scores(summary: Summary) -> str:
    if not summary.shares:
        return "<p>No prompt of this suite says what is right.</p>"
    rows = ["<tr><th>prompts<th><th>score<th><th></tr>"]
    for kind, shares in summary.shares.items():
        for number, (name, share) in enumerate(shares.items()):
            first = f"<td>{escape(kind)}<td class=number>{share.count}" if not number else "<td><td>"
            rows.append(f"<tr>{first}<td>{escape(name)}<td>{_bar(share)}<td class=number>{share.mean:.1%}</tr>")
    return f'<table>{"".join(rows)}</table><p class="gray">Dark: the 95 % interval (Wilson).</p>'


def _bar(share: Share) -> str:
    reach = f"left:{share.low:.1%};width:{share.high - share.low:.1%}"
    return f'<div class="bar"><i style="width:{share.mean:.1%}"></i><u style="{reach}"></u></div>'


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    cells = (f"<tr><td>{escape(name)}<td class=number>{escape(value)}</tr>" for name, value in rows)
    return f"<table>{''.join(cells)}</table>"


def _glance(scored: Sequence[Scored], shown: set[int]) -> str:
    """A square for each prompt: right, partly, wrong; the wrong ones lead to their drawing."""
    squares = []
    for item in scored:
        main = item.main
        state = "" if main is None else "g" if main == 1 else "b" if main == 0 else "h"
        link = f' href="#{_anchor(item)}"' if id(item) in shown else ""
        squares.append(f'<a class="{state}" title="{escape(item.record.case.prompt)}"{link}></a>')
    return f'<div class="glance">{"".join(squares)}</div>'


def _drawn_of(bad: Sequence[Scored]) -> str:
    if not bad:
        return "<p>Nothing.</p>"
    drawn = f"the {MOST_DRAWN} worst of them drawn" if len(bad) > MOST_DRAWN else "all of them drawn"
    return f'<p class="gray">{len(bad)} prompts, {drawn}.</p>'


def _card(item: Scored, *, width: int, height: int) -> str:
    case, outcome = item.record.case, item.record.outcome
    parts = [f'<div class="card" id="{_anchor(item)}"><h3>{escape(case.prompt)}</h3>']
    parts += [f'<p class="fault">{escape(fault)}</p>' for fault in (*item.faults, *item.validity.faults())]
    if item.validity.empty:
        parts.append('<p class="fault">nothing is in the plan</p>')
    if outcome.error:
        parts.append(f'<p class="fault">{escape(outcome.error)}</p>')
    if asked := case.expectation():
        parts.append(f'<p class="asked">asked: {escape(asked)}</p>')
    if outcome.plan is not None:
        parts.append(draw_svg(outcome.plan, width=width, height=height))
        parts.append(_legend([item.prompt for item in outcome.plan.objects]))
    parts += [f'<span class="tag">{escape(tag)}</span>' for tag in _tags(item)]
    if outcome.replies:
        parts.append(f"<details><summary>replies</summary><pre>{escape(chr(10).join(outcome.replies))}</pre></details>")
    return "".join([*parts, "</div>"])


def _legend(prompts: Sequence[str]) -> str:
    """The prompts in full, each once with its number and the colours of its boxes."""
    lines = []
    for prompt, number in Counter(prompts).items():
        dots = (f'<i style="background:{color_of(i)}"></i>' for i, other in enumerate(prompts) if other == prompt)
        times = f"{number} × " if number > 1 else ""
        lines.append(f"<li>{''.join(dots)} {times}{escape(prompt)}")
    return f"<ul>{''.join(lines)}</ul>"


def _tags(item: Scored) -> list[str]:
    outcome = item.record.outcome
    tags = [item.record.case.kind, _duration(outcome.seconds)]
    if outcome.attempts > 1:
        tags.append(f"{outcome.attempts} attempts")
    if outcome.repairs:
        tags.append(f"{len(outcome.repairs)} repairs")
    return tags


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _anchor(item: Scored) -> str:
    return escape(f"prompt-{item.record.case.id}".replace(" ", "-"))
