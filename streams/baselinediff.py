"""The difference of two baselines for a person, and as JSON. It only words what `monitors.compare` found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from monitors.compare import Apart, Difference
from schemas.baselines import Baseline
from streams.baselinewords import title
from streams.terminal import grid, plain, some

SHOWN = 10  # names in one line
MATERIAL = 0.1  # a PSI that the shipped rules call large


def as_json(a: Baseline, b: Baseline, found: Difference) -> dict[str, Any]:
    """All of it; None where there was nothing to compare."""
    return {"from": a.id, "to": b.id, **msgspec.to_builtins(found)}


def text(a: Baseline, b: Baseline, found: Difference) -> str:
    """What matters first: features that came or went, then how far the others moved, then the answers."""
    return "\n".join(_lines(a, b, found))


def _lines(a: Baseline, b: Baseline, found: Difference) -> Iterator[str]:
    yield f"from  {title(a)}, {a.events:,} events"
    yield f"to    {title(b)}, {b.events:,} events"
    if a.model != b.model:
        yield "these are baselines of two models: what differs says nothing of a change"
    for names, what in (
        (found.new, "new features"),
        (found.gone, "features gone"),
        (found.retyped, "no longer of the same kind (number or category)"),
    ):
        if names:
            yield f"{what}: {plain(some(names, SHOWN))}"
    if found.features:
        moved = sum((apart.psi or 0.0) >= MATERIAL for apart in found.features)
        yield ""
        yield f"{len(found.features)} features in both, {moved} of them with a PSI of {MATERIAL} or more:"
        heads = ("feature", "PSI", "p", "n from", "n to", "median from", "to", "missing from", "to")
        yield grid(heads, [_feature(apart) for apart in found.features])
        for apart in found.features:
            yield from _categories(apart)
    yield ""
    yield from _answers(found)


def _feature(apart: Apart) -> list[object]:
    medians = ["–" if value is None else f"{value:.4g}" for value in apart.usual]
    return [apart.name, _psi(apart), _p(apart), *apart.n, *medians, *(f"{share:.1%}" for share in apart.missing)]


def _categories(apart: Apart) -> Iterator[str]:
    for names, what in ((apart.new, "new categories"), (apart.gone, "categories gone")):
        if names:
            yield plain(f"{apart.name}, {what} ({len(names)}): {some(names, SHOWN)}")


def _answers(found: Difference) -> Iterator[str]:
    rows: list[list[object]] = []
    for apart, what in ((found.score, "mean"), (found.latency, "median, ms"), (found.predictions, "")):
        if all(apart.n):
            values = ["" if value is None else f"{value:.4g}" for value in apart.usual]
            rows.append([apart.name, _psi(apart), _p(apart), *apart.n, what, *values])
    if rows:
        yield grid(("answers", "PSI", "p", "n from", "n to", "", "from", "to"), rows)
    yield from _categories(found.predictions)


def _psi(apart: Apart) -> str:
    return "–" if apart.psi is None else f"{apart.psi:.3f}"


def _p(apart: Apart) -> str:
    return "–" if apart.p is None else f"{max(apart.p, 1e-300):.1e}"
