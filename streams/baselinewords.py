"""A baseline for a person: one row of a list, and its contents in a screenful. It only words; it judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from monitors.readings.latency import EDGES
from monitors.readings.outputs import SCALE
from monitors.statistics import quantile_from_counts
from schemas.actions import Action
from schemas.baselines import Baseline
from streams.terminal import grid, iso, moment_of, plain

TOP = 6  # categories, predictions, principals shown by name
HEADS = ("model", "version", "number", "id", "origin", "learnt from (UTC)", "to", "events", "features", "approved by")


def row_of(baseline: Baseline) -> dict[str, Any]:
    """What a list says of it. Times are event time, ns UTC."""
    return {
        "model": baseline.model,
        "version": baseline.version,
        "number": baseline.number,
        "id": baseline.id,
        "origin": baseline.origin,
        "learnt_from_ns": baseline.learnt_from_ns,
        "learnt_to_ns": baseline.learnt_to_ns,
        "events": baseline.events,
        "features": len(baseline.numeric) + len(baseline.categorical),
    }


def told(row: Mapping[str, Any], approvals: Sequence[Action] = ()) -> dict[str, Any]:
    """The same row as JSON tells it: times as ISO 8601, and who approved it."""
    times = {"learnt_from_ns": "learnt_from", "learnt_to_ns": "learnt_to"}
    plain_row = {times.get(name, name): iso(value) if name in times else value for name, value in row.items()}
    return plain_row | {"approvals": [{"at": iso(a.at_ns), "by": a.actor, "reason": a.reason} for a in approvals]}


def listing(rows: Sequence[Mapping[str, Any]], approvals: Mapping[str, Sequence[Action]]) -> str:
    """The list as a table; of several approvals the last one is named."""
    cells = [
        [
            *(row[name] for name in ("model", "version", "number", "id", "origin")),
            moment_of(row["learnt_from_ns"]),
            moment_of(row["learnt_to_ns"]),
            row["events"],
            row["features"],
            approvals[row["id"]][-1].actor if approvals.get(row["id"]) else "–",
        ]
        for row in rows
    ]
    return grid(HEADS, cells)


def contents(baseline: Baseline, approvals: Sequence[Action] = ()) -> str:
    """What it holds to be normal, and who approved it and why."""
    lines = list(_lines(baseline))
    lines += [plain(f"approved      {moment_of(a.at_ns)} UTC by {a.actor}: {a.reason}") for a in approvals]
    return "\n".join(lines)


def title(baseline: Baseline) -> str:
    """Whose it is and which."""
    return plain(f"{baseline.model} {baseline.version}".strip()) + f": baseline {baseline.number} ({baseline.id})"


def span(baseline: Baseline) -> str:
    """What it was learnt from."""
    since, until = moment_of(baseline.learnt_from_ns), moment_of(baseline.learnt_to_ns)
    return f"{baseline.events:,} events of {since} to {until} UTC"


def _lines(baseline: Baseline) -> Iterator[str]:
    yield f"{title(baseline)}, {baseline.origin}"
    yield f"learnt from {span(baseline)}, in {baseline.minutes:,} minutes; {baseline.rows:,} rows sampled"
    if baseline.numeric:
        yield ""
        yield grid(("numeric feature", "low", "5 %", "median", "95 %", "high", "missing"), _numbers(baseline))
    if baseline.categorical:
        yield ""
        yield grid(("categorical feature", "categories", "missing"), _categories(baseline))
    yield ""
    yield from _answers(baseline)
    if baseline.principals:
        events = {name: row[0] for name, row in baseline.principals.items()}
        yield f"principals    {len(events):,}: {_shares(events, sum(events.values()))}"
    if baseline.forest is None:
        yield "unusual       inputs cannot be scored: no numeric feature, or too few rows"
    else:
        trees, rows = baseline.forest.n_trees, len(baseline.forest.calibration)
        yield f"unusual       {trees} half-space trees of height {baseline.forest.height}, calibrated by {rows:,} rows"


def _numbers(baseline: Baseline) -> list[list[str]]:
    rows = []
    for f in baseline.numeric:
        at = [f.knots[round(q * (len(f.knots) - 1))] for q in (0.05, 0.5, 0.95)]
        rows.append([f.name, *(f"{value:.4g}" for value in (f.low, *at, f.high)), _missing(f.missing, baseline)])
    return rows


def _missing(count: int, baseline: Baseline) -> str:
    return f"{count / max(1, baseline.rows):.1%}" if count else "none"


def _categories(baseline: Baseline) -> list[list[str]]:
    rows = []
    for f in baseline.categorical:
        named = dict(zip(f.vocabulary, f.counts, strict=True))
        rows.append([f.name, _shares(named, sum(f.counts) + f.other), _missing(f.missing, baseline)])
    return rows


def _shares(counts: Mapping[str, int], total: int) -> str:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{name or '(empty)'} {count / max(1, total):.1%}" for name, count in ranked[:TOP]]
    rest = len(ranked) - TOP
    return plain(", ".join(shown)) + (f", {rest} more" if rest > 0 else "")


def _answers(baseline: Baseline) -> Iterator[str]:
    """Scores, predictions, latency, failures: whatever the learning time had of them."""
    vectors = {name: np.array(counts, dtype=np.int64) for name, counts in baseline.vectors.items()}
    score, total = vectors.get("score"), vectors.get("score_sum")
    if score is not None and total is not None and score.sum():
        yield f"score         mean {int(total[0]) / SCALE / int(score.sum()):.4g} of {int(score.sum()):,} scores"
    if baseline.predictions:
        yield f"predictions   {_shares(baseline.predictions, sum(baseline.predictions.values()))}"
    latency = vectors.get("latency")
    if latency is not None and latency.sum():
        at = [f"{quantile_from_counts(latency, EDGES, q):.3g} ms" for q in (0.5, 0.95)]
        yield f"latency       median {at[0]}, 95 % within {at[1]}"
    if "failed" in vectors and baseline.events:
        yield f"failed        {int(vectors['failed'][0]) / baseline.events:.2%}"
