"""Small pictures as numbers: lines and bars, with coordinates ready for SVG attributes. Templates draw them.

Everything is computed here so that the page needs no inline style and no script to draw; nothing here is markup.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.console.words import given

WIDTH, HEIGHT = 300.0, 80.0
Shares = Sequence[tuple[str, float]]
Points = Sequence[tuple[int, float | None]]
DRAWABLE = 1e300


@dataclass(frozen=True, slots=True)
class Line:
    """A line chart: `pieces` are SVG point lists (a gap where there was no value); y grows downwards in SVG."""

    pieces: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    expected: tuple[str, ...]
    band: str
    low: float
    high: float
    from_ns: int
    until_ns: int
    last: float | None
    last_expected: float | None
    values: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One label of a bar picture; lengths are percentages of the longest bar."""

    label: str
    expected: float | None
    observed: float | None
    expected_length: float
    observed_length: float


def spark(points: Sequence[tuple[int, float]], from_ns: int, until_ns: int, step_ns: int) -> str:
    """The area under a sparkline as one SVG point list in a 120 x 28 box; a missing step counts as nothing."""
    steps = max(1, (until_ns - from_ns) // step_ns)
    heights = [0.0] * steps
    for at, value in points:
        slot = (at - from_ns) // step_ns
        if 0 <= slot < steps:
            heights[slot] += value
    top = max(heights) or 1.0
    spots = [f"{_r(120 * (i + 0.5) / steps)},{_r(27 - 25 * h / top)}" for i, h in enumerate(heights)]
    return " ".join(["0,28", *spots, "120,28"])


def line(
    points: Points,
    from_ns: int,
    until_ns: int,
    *,
    expected: Points = (),
    band: tuple[float, float] | None = None,
    gap_ns: int = 0,
    reach: tuple[float, ...] = (),
) -> Line:
    """A line chart of `points` with the expected line or band behind it.

    Gaps longer than `gap_ns` are not bridged. The values of `reach` are on the axis whatever the points are.
    """
    # Beyond DRAWABLE the height of a point is no longer a number that a double holds.
    points = [(at, v if v is None or not math.isfinite(v) else min(max(v, -DRAWABLE), DRAWABLE)) for at, v in points]
    seen = [(at, v) for at, v in points if v is not None and math.isfinite(v)]
    lines = [(at, v) for at, v in expected if v is not None and math.isfinite(v)]
    low, high = _span([v for _, v in seen] + [v for _, v in lines] + list(band or ()) + list(reach if seen else ()))
    span = max(1, until_ns - from_ns)

    def place(at: int, value: float) -> tuple[float, float]:
        return _r(WIDTH * (at - from_ns) / span), _r(HEIGHT - 3 - (HEIGHT - 6) * (value - low) / (high - low))

    def track(piece: list[tuple[int, float]]) -> str:
        return " ".join("{},{}".format(*place(at, value)) for at, value in piece)

    strokes = _pieces(points, gap_ns)
    drawn = tuple(track(piece) for piece in strokes if len(piece) > 1)
    dots = tuple(place(*piece[0]) for piece in strokes if len(piece) == 1)
    wanted = tuple(track(piece) for piece in _pieces(expected, gap_ns))
    shape = ""
    if band:
        top, bottom = place(from_ns, max(band))[1], place(from_ns, min(band))[1]
        shape = f"0,{top} {WIDTH},{top} {WIDTH},{bottom} 0,{bottom}"
    return Line(
        drawn,
        dots,
        wanted,
        shape,
        low,
        high,
        from_ns,
        until_ns,
        seen[-1][1] if seen else None,
        lines[-1][1] if lines else None,
        len(seen),
    )


def bars(expected: Shares, observed: Shares, most: int = 24) -> tuple[Bar, ...]:
    """Expected beside observed, label by label, in the order given; beyond `most` labels the smallest are left out."""
    first, second = dict(expected), dict(observed)
    labels = list(dict.fromkeys([*first, *second]))
    if len(labels) > most:
        kept = set(sorted(labels, key=lambda name: -max(first.get(name, 0.0), second.get(name, 0.0)))[:most])
        labels = [name for name in labels if name in kept]
    longest = max([*first.values(), *second.values(), 1e-12])

    def length(value: float | None) -> float:
        return _r(min(100.0, max(0.0, 100 * (value or 0.0) / longest)))

    return tuple(
        Bar(name, first.get(name), second.get(name), length(first.get(name)), length(second.get(name)))
        for name in labels
    )


def _pieces(points: Points, gap_ns: int) -> list[list[tuple[int, float]]]:
    """Runs of values that follow one another without an absent value or a long gap."""
    runs: list[list[tuple[int, float]]] = [[]]
    for at, value in points:
        if value is None or not math.isfinite(value):
            runs.append([])
            continue
        if runs[-1] and gap_ns and at - runs[-1][-1][0] > gap_ns:
            runs.append([])
        runs[-1].append((at, value))
    return [run for run in runs if run]


def _span(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    # A chart of shares or counts starts at nothing, unless its values lie far from it and close together.
    if low > 0 and low < 0.7 * high:
        low = 0.0
    if high - low < 1 / DRAWABLE:
        return (low - 0.5 * abs(low), high + 0.5 * abs(high)) if abs(high) > 1 / DRAWABLE else (0.0, 1.0)
    return low, high


def _r(value: float) -> float:
    return round(value, 2) if given(value) else 0.0
