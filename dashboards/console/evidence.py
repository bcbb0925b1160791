"""Evidence as it was stored with an alert (JSON), made ready to draw. Unknown or malformed parts are left out.

Keys read: `expected` and `observed` (lists of {label, share}; `expected` may be [low, high] or {low, high} beside a
`series`), `series` ([[seconds, value], …]), `contributors` ([{name, share}, …]), `unit` (of the labels), `features`
(those that breached, the strongest first), `tested_together`, `judged` (how many tests were made, at what level),
`inputs` (like contributors: the inputs that moved beside it), `segments` (like contributors, with the bin that moved
most), `cells` (like contributors, by feature, segment and bin), and what `dashboards.console.why` reads. Pure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.console import why
from dashboards.console.pictures import Bar, Line, bars, line
from dashboards.console.why import Why

PICTURES = ("expected", "observed", "series", "contributors", "unit")
DRAWN = (
    frozenset((*PICTURES, "principals", "features", "tested_together", "judged", "inputs", "segments", "cells"))
    | why.WHY
    | {"excerpts"}
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What can be drawn or said, and `rest`: the other facts, name -> text."""

    bars: tuple[Bar, ...]
    series: Line | None
    contributors: tuple[tuple[str, float], ...]
    inputs: tuple[tuple[str, float], ...]
    segments: tuple[tuple[str, float], ...]
    cells: tuple[tuple[str, float], ...]
    unit: str
    features: tuple[str, ...]
    tests: str
    why: Why
    rest: tuple[tuple[str, str], ...]


def read(text: str) -> Evidence:
    """Never raises: what is not understood is not drawn, and plain facts are listed as text."""
    try:
        data = json.loads(text or "{}")
    except (ValueError, RecursionError):
        data = {}
    if not isinstance(data, dict):
        data = {}
    expected, observed = _shares(data.get("expected")), _shares(data.get("observed"))
    pairs = bars(expected, observed) if observed or (expected and not data.get("series")) else ()
    rest = tuple((str(key), _fact(value)) for key, value in data.items() if key not in DRAWN and value is not None)
    features = [_fact(name) for name in data["features"]] if isinstance(data.get("features"), list) else []
    unit = _fact(data.get("unit") or "")[:20]
    named, inputs, parts, cells = (
        tuple(_named(data.get(key))[:10]) for key in ("contributors", "inputs", "segments", "cells")
    )
    return Evidence(
        bars=pairs,
        series=_series(data),
        contributors=named,
        inputs=inputs,
        segments=parts,
        cells=cells,
        unit=unit,
        features=tuple(features[:30]),
        tests=_tests(data),
        why=why.read(data),
        rest=rest[:20],
    )


def _tests(data: dict[str, Any]) -> str:
    """How many tests were made and what was allowed for, in a sentence; "" where nothing was written down."""
    judged = data.get("judged")
    if not isinstance(judged, dict) or (tests := _number(judged.get("tests"))) is None:
        return ""
    parts = [f"one of {tests:.0f} tests of this pane"]
    if (level := _number(judged.get("level"))) is not None:
        parts.append(f"each at a level of {level:.1e}")
    if (together := _number(data.get("tested_together"))) is not None:
        parts.append(f"p counts that {together:.0f} features were tested together")
    if (by := _number(judged.get("surprise_divided_by"))) is not None and by > 1:
        before = _number(judged.get("p_before"))
        was = "" if before is None else f" (p was {before:.1e})"
        parts.append(f"surprise divided by {by:.2g}, which is usual for this model or its young baseline{was}")
    return "; ".join(parts)


def _shares(value: Any) -> list[tuple[str, float]]:
    if not isinstance(value, list):
        return []
    found = []
    for entry in value:
        if isinstance(entry, dict) and (share := _number(entry.get("share"))) is not None:
            found.append((str(entry.get("label", "")), share))
    return found


def _named(value: Any) -> list[tuple[str, float]]:
    if not isinstance(value, list):
        return []
    found = []
    for entry in value:
        if isinstance(entry, dict) and (share := _number(entry.get("share"))) is not None:
            name, at = str(entry.get("name", entry.get("label", ""))), entry.get("bin")
            found.append((f"{name} (most at {_fact(at)})" if at else name, share))
    return sorted(found, key=lambda pair: -pair[1])


def _series(data: dict[str, Any]) -> Line | None:
    raw = data.get("series")
    if not isinstance(raw, list):
        return None
    points: list[tuple[int, float | None]] = []
    for pair in raw:
        if isinstance(pair, list) and len(pair) >= 2 and (at := _number(pair[0])) is not None:
            points.append((int(at * 1e9), _number(pair[1])))
    points.sort(key=lambda point: point[0])
    if not points:
        return None
    band = _band(data.get("expected"))
    return line(points, points[0][0], points[-1][0], band=band)


def _band(value: Any) -> tuple[float, float] | None:
    if isinstance(value, dict):
        value = [value.get("low"), value.get("high")]
    if isinstance(value, int | float):
        value = [value, value]
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        return None
    low, high = _number(value[0]), _number(value[1])
    return (low, high) if low is not None and high is not None else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _fact(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:299] + "…"
