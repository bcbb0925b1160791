"""How a language model is used and how it answers: languages, lengths, topics, tools, time per token.

`text.language`, `text.prompt_length`, `text.reply_length` (octaves of characters), `text.topic` and `text.tools` are
PSI with its p against the baseline. Of each prompt one word that is not empty, chosen by the record's identity, falls
into one of 64 buckets: their histogram is the centroid of the prompts' words, and a long prompt counts like a short.
A tool's name falls into one of 16 buckets. `text.slow_token` is the share of answers that took longer per token written
than 95 in 100 did in the baseline. Prices are not known here; what answers cost in tokens is in `cost`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from monitors.pane import Pane
from monitors.readings_kit import histogram_detail, psi_reading, reference_of, share_reading
from monitors.talk import SHAPES, TOOLS
from monitors.text._language import LANGUAGES
from monitors.textseen import LENGTHS, TOPICS
from monitors.view import View
from schemas.events import Floats, Ints, name_hash
from schemas.readings import Reading

TOGETHER = True
SPARSE = True
DISTANCES = ("text.language", "text.prompt_length", "text.reply_length", "text.topic", "text.tools")
EDGES: Floats = 0.1 * 2.0 ** (np.arange(61) / 4)  # ms per token
PER_TOKEN = ["< 0.1", *(f"{edge:.3g}" for edge in EDGES)]
OCTAVES = ["0", *(f"{1 << n:,}+" for n in range(LENGTHS - 1))]
FEW = 0.005  # languages rarer than that in the baseline are one


def summarise(view: View) -> dict[str, Ints]:
    """Events per bucket of each; `per_token` counts answers that say both their latency and the tokens written."""
    seen = view.places.texts
    if seen is None:
        return {}
    rows = view.rows
    tools = np.zeros((view.groups, TOOLS), dtype=np.int64)
    shapes = np.zeros((view.groups, SHAPES), dtype=np.int64)
    for i, told in seen.replies(rows):
        for shape in told.shapes:
            shapes[view.group[i], shape % SHAPES] += 1
        for name in told.tools:
            tools[view.group[i], name_hash(name) % TOOLS] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        per_token = view.batch.latency_ms[rows] / view.batch.tokens_out[rows]
        bins = np.searchsorted(EDGES, per_token, side="right")
        bins[~(np.isfinite(per_token) & (per_token >= 0) & np.isin(rows, seen.rows))] = -1
    return {
        "text_language": view.counts(seen.language[rows].astype(np.int64), len(LANGUAGES)),
        "text_prompt_length": view.counts(seen.prompt_length[rows].astype(np.int64), LENGTHS),
        "text_reply_length": view.counts(seen.reply_length[rows].astype(np.int64), LENGTHS),
        "text_topic": view.counts(seen.topic[rows].astype(np.int64), TOPICS),
        "text_tools": tools,
        "text_shapes": shapes,  # read by `monitors.talks.tool_arguments` only
        "per_token": view.counts(bins, len(EDGES) + 1),
    }


def read(pane: Pane) -> Iterable[Reading]:
    """The mixes of the pane beside the baseline's."""
    yield from _mix(pane, "text.language", "text_language", LANGUAGES)
    yield from _mix(pane, "text.prompt_length", "text_prompt_length", OCTAVES)
    yield from _mix(pane, "text.reply_length", "text_reply_length", OCTAVES)
    yield from _mix(pane, "text.topic", "text_topic", [f"words {n}" for n in range(TOPICS)])
    yield from _mix(pane, "text.tools", "text_tools", [f"tools {n}" for n in range(TOOLS)])
    yield from _per_token(pane)


def _mix(pane: Pane, metric: str, name: str, labels: Sequence[str]) -> Iterable[Reading]:
    """PSI with rare bins of the baseline put together, or a small shift would be lost among them."""
    counts = pane.total.vectors.get(name)
    usual = reference_of(pane, name, len(labels))
    if counts is None or len(counts) != len(labels) or not counts.any() or usual is None or not usual.any():
        return
    common = np.flatnonzero(usual >= FEW * usual.sum())
    rare = np.setdiff1d(np.arange(len(usual)), common)
    sides = [np.append(side[common], side[rare].sum()) for side in (usual, counts)]
    used = (sides[0] + sides[1]) > 0
    names = [*(labels[n] for n in common.tolist()), "others"]
    shown = [label for label, use in zip(names, used.tolist(), strict=True) if use]
    yield from psi_reading(pane, metric, "", sides[0][used], sides[1][used], lambda: shown)


def _per_token(pane: Pane) -> Iterable[Reading]:
    counts = pane.total.vectors.get("per_token")
    usual = reference_of(pane, "per_token", len(EDGES) + 1)
    if counts is None or not counts.any() or usual is None or not usual.any():
        return
    cut = int(np.searchsorted(np.cumsum(usual), 0.95 * int(usual.sum())))
    before = (int(usual[cut + 1 :].sum()), int(usual.sum()))
    slow, n = int(counts[cut + 1 :].sum()), int(counts.sum())
    picture = histogram_detail
    yield share_reading(
        pane, "text.slow_token", slow, n, before, lambda: picture(usual, counts, PER_TOKEN, unit="ms per token")
    )
