"""Path finding on a decision tree: the scores name the leaf, so one field moved at a time shows where the tree splits.

Tramèr, Zhang, Juels, Reiter and Ristenpart: Stealing Machine Learning Models via Prediction APIs. USENIX Security 2016,
algorithm 1. A whole field is asked at every value, any other by bisection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np

from schemas.events import Floats, Ints
from tests.support.attackers._kit import Ask, Copied, Kind, Known

FINE = 0.01  # how near a split is located
VALUES = 12  # of a whole field, at most


def attack(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[Copied]:
    while True:
        boxes: list[tuple[Floats, Floats, int]] = []
        seen: set[bytes] = set()
        waiting = deque([known.own[int(rng.integers(len(known.own)))]])
        while waiting:
            row = waiting.popleft()
            scores = ask(row[None])[0]
            leaf = scores.tobytes()
            if leaf in seen:
                continue
            seen.add(leaf)
            low, high = np.zeros(known.fields), np.ones(known.fields)
            for i in range(known.fields):
                low[i], high[i], beyond = _line(ask, known, row, i, leaf)
                waiting.extend(beyond)
            boxes.append((low, high, int(scores.argmax())))
            yield Copied(_copy(list(boxes)))


def _line(ask: Ask, known: Known, row: Floats, i: int, leaf: bytes) -> tuple[float, float, list[Floats]]:
    """The interval of field i in which the leaf stays, and a row beyond each end of it."""
    beyond = []
    ends = [row[i], row[i]]
    step = float(known.step[i])
    if step > 0 and 1 / step < VALUES:
        for side, sign in ((0, -1.0), (1, 1.0)):
            value = row[i] + sign * step
            while -1e-9 <= value <= 1 + 1e-9:
                other = _with(row, i, value)
                if ask(other[None])[0].tobytes() != leaf:
                    beyond.append(other)
                    break
                ends[side] = value
                value += sign * step
            ends[side] += sign * step / 2
        return ends[0], ends[1], beyond
    for side, edge in ((0, 0.0), (1, 1.0)):
        inside, outside = row[i], edge
        if ask(_with(row, i, edge)[None])[0].tobytes() == leaf:
            ends[side] = edge
            continue
        while abs(outside - inside) > FINE:
            middle = (inside + outside) / 2
            if ask(_with(row, i, middle)[None])[0].tobytes() == leaf:
                inside = middle
            else:
                outside = middle
        ends[side] = (inside + outside) / 2
        beyond += [_with(row, i, outside), _with(row, i, edge)]
    return ends[0], ends[1], beyond


def _with(row: Floats, i: int, value: float) -> Floats:
    other = row.copy()
    other[i] = value
    return other


def _copy(boxes: list[tuple[Floats, Floats, int]]) -> Callable[[Floats], Ints]:
    """The label of the box a row lies in, or of the nearest one."""
    low, high = np.stack([b[0] for b in boxes]), np.stack([b[1] for b in boxes])
    label = np.array([b[2] for b in boxes])

    def predict(rows: Floats) -> Ints:
        gap = np.maximum(low - rows[:, None], 0) + np.maximum(rows[:, None] - high, 0)
        found: Ints = label[gap.sum(axis=2).argmin(axis=1)]
        return found

    return predict


KIND = Kind("extract_paths", "extraction", attack, on=("limits",))
