"""Whether events still have the features the baseline knows: new names, changed types, features that no longer come.

`schema.changed` is the share of events with a feature the baseline lacks, or with one whose type flipped (a number that
is a text now, or the reverse). Its p is the exact share test against the baseline's own rows, among which those count
as strange whose feature occurs in no other row: so rare features that exist (Good and Turing's estimate) do not alarm.
`schema.vanished` is the number of features that most rows had and no event of the pane has; it carries no p, because
feature.missing tests each of them. A null is a missing value, never a type.

Says nothing without a baseline. Blind to a feature that keeps name and type but changes meaning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from monitors.pane import Pane
from monitors.prepared import Prepared
from monitors.readings_kit import TOP, reference_of, share_reading
from monitors.sample import Sample
from monitors.view import View
from schemas.events import Ints, Layout
from schemas.readings import Reading
from schemas.summaries import NAMED, SampleRow

SPARSE = True
WHOLE = True
WITHOUT_P = ("schema.vanished",)
KNOWN_LAYOUTS = 1024  # per baseline, whose strangeness is remembered; more are looked at again each time
WORDS = {"+": "new: {}", "t": "text instead of number: {}", "n": "number instead of text: {}"}
Strange = tuple[tuple[str, str, int], ...]  # kind, name, column (-1: of texts, which are never null)
Names = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(slots=True)
class Kinds:
    """Of one baseline: its features by type, and what is strange of each layout met."""

    numeric: frozenset[str]
    categorical: frozenset[str]
    met: dict[Names, Strange]

    def strange(self, num_names: tuple[str, ...], cat_names: tuple[str, ...]) -> Strange:
        """What a layout has that the baseline has not."""
        key = num_names, cat_names
        found = self.met.get(key)
        if found is None:
            found = (*self._of(num_names, self.numeric, "n"), *self._of(cat_names, self.categorical, "t"))
            if len(self.met) < KNOWN_LAYOUTS:
                self.met[key] = found
        return found

    def _of(self, names: Sequence[str], same: frozenset[str], flip: str) -> Iterable[tuple[str, str, int]]:
        other = self.categorical if flip == "n" else self.numeric
        for column, name in enumerate(names):
            if name not in same:
                yield flip if name in other else "+", name, column if flip == "n" else -1


def _kinds(prepared: Prepared) -> Kinds:
    return prepared.made("schema", lambda b: Kinds(frozenset(prepared.num_names), frozenset(prepared.cat_names), {}))


def reference(sample: Sample) -> dict[str, Ints]:
    """`ref:schema`: how many of the baseline's rows would be strange, and how many there are."""
    numeric, categorical = ({f.name for f in kind} for kind in (sample.baseline.numeric, sample.baseline.categorical))
    rows_with = Counter(name for row in sample.rows for name in (*row.num, *row.cat))

    def strange(row: SampleRow) -> bool:
        flipped = any(n not in numeric for n in row.num) or any(n not in categorical for n in row.cat)
        return flipped or any(rows_with[name] == 1 for name in (*row.num, *row.cat))

    return {"ref:schema": np.array([sum(map(strange, sample.rows)), len(sample.rows)], dtype=np.int64)}


def summarise(view: View) -> dict[str, Ints]:
    """`schema`: strange events; `named:schema:<kind><name>`: events by what is strange. Nothing where nothing is."""
    if view.prepared is None:
        return {}
    kinds, layouts = _kinds(view.prepared), view.batch.layouts
    odd = [(i, strange) for i, one in enumerate(layouts) if (strange := kinds.strange(one.num_names, one.cat_names))]
    if not odd:
        return {}
    mine, hit = view.places.layout[view.rows], np.zeros(len(view.rows), dtype=bool)
    result: dict[str, Ints] = {}
    for i, strange in odd:
        rows = np.flatnonzero(mine == i)
        inside = view.places.inside[view.rows[rows]]
        for kind, name, column in strange if len(rows) else ():
            there = rows[_given(layouts[i], inside, column)]
            hit[there] = True
            counts = np.bincount(view.group[there], minlength=view.groups)[:, None]
            key = f"{NAMED}schema:{kind}{name}"
            result[key] = result[key] + counts if key in result else counts
    return {"schema": view.sums(hit), **result}


def _given(layout: Layout, inside: Ints, column: int) -> Any:
    """Which rows have a value there."""
    return np.ones(len(inside), dtype=bool) if column < 0 else ~np.isnan(layout.num[inside, column])


def read(pane: Pane) -> Iterable[Reading]:
    """`schema.changed`, `schema.vanished`."""
    if pane.prepared is None or pane.scored is None or not pane.scored.n:
        return
    if not pane.prepared.num_names and not pane.prepared.cat_names:
        return  # features are not logged
    before = reference_of(pane, "ref:schema", 2)
    if before is not None and 0 < before[1] >= before[0]:
        strange = pane.scored.vectors.get("schema")
        hits, shares = 0 if strange is None else int(strange[0]), (int(before[0]), int(before[1]))
        yield share_reading(pane, "schema.changed", hits, pane.scored.n, shares, lambda: _evidence(pane))
    gone = _gone(pane)
    if gone is not None:
        yield pane.reading("schema.vanished", pane.scored.n, float(len(gone)), expected=0.0)


def _gone(pane: Pane) -> list[str] | None:
    """Features that most rows of the baseline had and no event has; None where nothing was counted."""
    if pane.prepared is None or pane.scored is None:
        return None
    baseline, vectors, gone = pane.prepared.baseline, pane.scored.vectors, []
    for kind, features, tail in (("num", baseline.numeric, 3), ("cat", baseline.categorical, 1)):
        for feature in features:
            counts = vectors.get(f"{kind}:{feature.name}")
            if counts is not None and feature.missing * 2 < baseline.rows and not counts[:-tail].any():
                gone.append(feature.name)
    return gone


def _evidence(pane: Pane) -> dict[str, Any]:
    assert pane.scored is not None
    prefix, n = f"{NAMED}schema:", pane.scored.n
    found = {name[len(prefix) :]: int(c[0]) for name, c in pane.scored.vectors.items() if name.startswith(prefix)}
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    named = [{"name": WORDS[key[0]].format(key[1:]), "share": count / n} for key, count in ranked[:TOP]]
    names = [key[1:] for key, _ in ranked[:TOP]]
    return {"contributors": named, "features": names, "vanished": (_gone(pane) or [])[:TOP]}
