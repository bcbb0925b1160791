"""Segments: parts of a model's traffic by a key of the records' `segment` object, or by a feature.

Which values have a name is told by the baseline alone (the commonest; all others are "(other)"), so what an event is
counted under does not depend on how the stream is cut, and a log that invents values costs nothing. Keys that settings
name are judged value by value. Beside them up to `AUTOMATIC` keys of the `segment` object with few values are counted,
and only what tells where an alert on the whole model comes from. Without a baseline there are no segments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from monitors.binnames import bin_names
from monitors.prepared import MISSING, UNSEEN, Prepared
from monitors.view import Coded, View
from schemas.baselines import Baseline
from schemas.events import OTHER, Ints
from schemas.summaries import SampleRow

REFERENCE = "ref:segment:"  # vectors of a baseline: events of its rows by "key=value"
KEPT = 64  # values a baseline remembers per key
AUTOMATIC = 2
OBJECT, CATEGORY, NUMBER = "object", "category", "number"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One key and its values with a name, the commonest first; `column` is the feature's, where it is one.

    `weights` are the baseline's counts: of each name, and of all other values. `judged` if settings name it.
    """

    key: str
    kind: str
    names: tuple[str, ...]
    weights: tuple[int, ...]
    column: int = -1
    bins: tuple[int, ...] = ()  # of a number: the place of each bin among the names
    judged: bool = True

    @property
    def labels(self) -> list[str]:
        """As summaries name them; the last one is of all other values."""
        return [f"{self.key}={name}" for name in (*self.names, OTHER)]

    def codes(self, view: View, texts: Coded[str]) -> Ints:
        """Each row's place among `labels`, -1 where it has no such key. `texts` are the batch's, as codes."""
        other = len(self.names)
        if self.kind == CATEGORY:
            codes = view.cat[:, self.column]
            return np.where(codes == MISSING, -1, np.where((codes == UNSEEN) | (codes >= other), other, codes))
        if self.kind == NUMBER:
            return np.array((*self.bins, -1), dtype=np.int64)[view.bins[:, self.column]]
        place = {name: i for i, name in enumerate(self.names)}
        known, codes = texts
        mine = np.empty(len(known), dtype=np.int64)
        for i, text in enumerate(known):
            value = parsed(text).get(self.key)
            mine[i] = -1 if value is None else place.get(value, other)
        return mine[codes[view.rows]]


def parsed(text: str) -> dict[str, str]:
    """The `segment` object from its canonical text; a value may hold commas.

    >>> parsed("channel=web,region=Doha, West Bay")
    {'channel': 'web', 'region': 'Doha, West Bay'}
    """
    found: dict[str, str] = {}
    key = ""
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if equals:
            key = name
            found[key] = value
        elif key:
            found[key] += f",{part}"
    return found


def reference(rows: Iterable[SampleRow]) -> dict[str, tuple[int, ...]]:
    """What a baseline remembers of its rows: by key, the commonest values."""
    texts = Counter(row.segment for row in rows if row.segment)
    counts: dict[str, Counter[str]] = {}
    for text, n in texts.items():
        for key, value in parsed(text).items():
            counts.setdefault(key, Counter())[value] += n
    return {
        f"{REFERENCE}{key}={value}": (n,)
        for key, counter in sorted(counts.items())
        for value, n in sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:KEPT]
    }


def dimensions(prepared: Prepared, named: tuple[str, ...], limit: int) -> tuple[Dimension, ...]:
    """The keys a model is split by: those named, then some that its records bring along. At most `limit` names each."""
    return prepared.made(f"segments {named} {limit}", partial(_dimensions, named=named, limit=limit))


def _dimensions(baseline: Baseline, named: tuple[str, ...], limit: int) -> tuple[Dimension, ...]:
    known: dict[str, list[tuple[str, int]]] = {}
    for name, counts in baseline.vectors.items():
        if name.startswith(REFERENCE):
            key, _, value = name[len(REFERENCE) :].partition("=")
            known.setdefault(key, []).append((value, counts[0]))
    found = [_dimension(baseline, key, known.get(key), limit) for key in named]
    room = limit
    more: list[Dimension] = []
    for key in sorted(known.keys() - set(named), key=lambda key: (len(known[key]), key)):
        if 2 <= len(known[key]) <= room and len(more) < AUTOMATIC:
            room -= len(known[key])
            more.append(replace(_dimension(baseline, key, known[key], limit), judged=False))
    return (*found, *more)


def _dimension(baseline: Baseline, key: str, values: list[tuple[str, int]] | None, limit: int) -> Dimension:
    if values is None:
        for j, category in enumerate(baseline.categorical):
            if category.name == key:
                rest = category.other + sum(category.counts[limit:])
                return Dimension(key, CATEGORY, category.vocabulary[:limit], (*category.counts[:limit], rest), j)
        for j, number in enumerate(baseline.numeric):
            if number.name == key:
                pairs = list(zip(bin_names(number), number.counts, strict=True))
                names, weights = _commonest(pairs, limit)
                place = tuple(names.index(name) if name in names else len(names) for name, _ in pairs)
                return Dimension(key, NUMBER, names, weights, j, place)
    return Dimension(key, OBJECT, *_commonest(values or [], limit))


def _commonest(pairs: Sequence[tuple[str, int]], limit: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names, the commonest first, and their counts; one more count is of the rest."""
    ranked = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
    counts = [n for _, n in ranked]
    return tuple(name for name, _ in ranked[:limit]), (*counts[:limit], sum(counts[limit:]))


def key_of(segment: str) -> str:
    """The key of "channel=web"."""
    return segment.partition("=")[0]
