"""Models side by side: the rows of all models of a batch whose baselines have equally many features, in one table.

A call of numpy costs more than its work where a model has few rows in a batch, and to score a model takes some hundred;
so what can be done for all of them is one call. What a row gets does not depend on the rows beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitors.ladder import below
from monitors.prepared import MISSING, UNSEEN, Prepared
from monitors.querycodes import chosen
from monitors.view import Places, View
from schemas.baselines import Baseline
from schemas.events import EventBatch, Floats, Ints, Layout
from schemas.values import text

Known = Sequence[Prepared]


@dataclass(slots=True)
class Abreast:
    """`whole` has all rows, model by model; `which` is each row's model, rising, and `known` the baseline of each.

    `known` is empty where the models have none. Once rows are in groups (`grouped`), those of `whole` count on from
    model to model, and `views` are its parts, in groups of their own.
    """

    whole: View
    which: Ints
    known: Known
    views: Sequence[View] = field(default_factory=list)

    @staticmethod
    def alone(view: View) -> Abreast:
        """One model by itself."""
        known = [] if view.prepared is None else [view.prepared]
        return Abreast(view, np.zeros(len(view.rows), dtype=np.int64), known, [view])

    def lines(self, of: Callable[[Prepared], NDArray[Any]]) -> NDArray[Any]:
        """What each baseline has of something, a line each; all have equally much of it."""
        return np.concatenate([of(prepared) for prepared in self.known]).reshape(len(self.known), -1)

    def by_row(self, table: NDArray[Any]) -> NDArray[Any]:
        """A line for each row, of its model; one line for all where there is but one model."""
        return table if len(table) == 1 else table[self.which]

    def starts(self, widths: Ints) -> Ints:
        """Where each group's counts begin, if they lie behind each other and those of model i take `widths[i]`."""
        each = np.repeat(widths, [view.groups for view in self.views])
        return np.cumsum(each) - each

    def counted(self, places: Iterable[Ints], widths: Ints) -> list[Ints]:
        """How often each place comes, of each model as (groups, width)."""
        groups = [view.groups for view in self.views]
        cuts = [0, *np.cumsum(widths * groups).tolist()]
        counts = np.zeros(cuts[-1], dtype=np.int64)
        for each in places:
            counts += np.bincount(each, minlength=cuts[-1])
        sizes = zip(pairwise(cuts), groups, widths.tolist(), strict=True)
        return [counts[first:end].reshape(n, width) for (first, end), n, width in sizes]

    def grouped(self, keep: NDArray[np.bool_], key: Ints) -> tuple[Abreast, Ints]:
        """The rows to keep, in a group for each model and key, and the key of each group; keys are not negative."""
        whole, which, known = self.whole, self.which, self.known
        if not keep.all():
            whole, key, which = whole.part(keep, whole.group[keep], 1, None), key[keep], which[keep]
            models, which = np.unique(which, return_inverse=True)
            known = [known[i] for i in models.tolist()] if known else []
        span = int(key.max()) + 1
        distinct, group = np.unique(which * span + key, return_inverse=True)
        owner, keys = np.divmod(distinct, span)
        whole = replace(whole, group=group, groups=len(distinct))
        count = int(which[-1]) + 1
        firsts = np.searchsorted(owner, np.arange(count + 1))
        own = group - firsts[which]
        parts = zip(pairwise(np.searchsorted(which, np.arange(count + 1)).tolist()), np.diff(firsts).tolist())
        views = [
            whole.part(slice(first, end), own[first:end], groups, known[i] if known else None)
            for i, ((first, end), groups) in enumerate(parts)
        ]
        return Abreast(whole, which, known, views), keys


def abreast_of(batch: EventBatch, split: Iterable[tuple[Ints, Prepared | None]], places: Places) -> list[Abreast]:
    """Line up the rows of each model with its baseline's features, by name, and those of like models side by side.

    A number where the baseline has a category is its text; the reverse is missing.
    """
    alike: dict[object, list[tuple[Ints, Prepared | None]]] = {}
    for rows, prepared in split:
        alike.setdefault(prepared and prepared.made("kind", _kind), []).append((rows, prepared))
    return [_beside(batch, same, places) for same in alike.values()]


def _kind(baseline: Baseline) -> object:
    """What models must have in common: how many features of either type, in a signature too, and the trees."""
    forest = baseline.forest
    trees = None if forest is None else (forest.n_trees, forest.height, forest.seed)
    return len(baseline.numeric), len(baseline.categorical), len(chosen(baseline)[0]), trees


def _beside(batch: EventBatch, same: Sequence[tuple[Ints, Prepared | None]], places: Places) -> Abreast:
    rows = np.concatenate([mine for mine, _ in same])
    which = np.repeat(np.arange(len(same)), [len(mine) for mine, _ in same])
    known = [prepared for _, prepared in same if prepared is not None]
    n = len(rows)
    num = np.full((n, len(known[0].num_names) if known else 0), np.nan)
    cat = np.full((n, len(known[0].cat_names) if known else 0), MISSING, dtype=np.int64)
    if known:
        for layout, inside in _layouts(batch, places.layout[rows]):
            at = places.inside[rows[inside]]
            _numbers(num, layout, inside, at, known, which)
            if cat.shape[1]:
                _categories(cat, layout, inside, at, known, which)
    zero = np.zeros(n, dtype=np.int64)
    bins = _bins(num, known, which) if known else np.empty((n, 0), dtype=np.int64)
    flags = np.zeros(n, dtype=np.uint16)
    return Abreast(View(batch, rows, None, num, bins, cat, np.full(n, np.nan), flags, zero, places), which, known)


def _layouts(batch: EventBatch, mine: Ints) -> Iterator[tuple[Layout, Ints]]:
    """The layouts that rows have, and which rows have each."""
    if len(batch.layouts) == 1:
        yield batch.layouts[0], np.arange(len(mine))
        return
    order = np.argsort(mine, kind="stable")
    numbers, starts = np.unique(mine[order], return_index=True)
    for number, inside in zip(numbers.tolist(), np.split(order, starts[1:]), strict=True):
        yield batch.layouts[number], inside


def _numbers(num: Floats, layout: Layout, inside: Ints, at: Ints, known: Known, which: Ints) -> None:
    """Fill in the rows `inside`, which are the rows `at` of the layout."""
    if not layout.num_names:
        return
    place = {name: i for i, name in enumerate(layout.num_names)}
    columns: dict[tuple[str, ...], Ints] = {}
    here = np.flatnonzero(np.bincount(which[inside])).tolist()
    for i in here:
        names = known[i].num_names
        if names not in columns:
            columns[names] = np.array([place.get(name, -1) for name in names], dtype=np.int64)
    if layout.num_names in columns and len(columns) == 1:
        num[inside] = layout.num[at]
        return
    column = np.stack([columns[known[i].num_names] for i in here])[np.searchsorted(here, which[inside])]
    num[inside] = np.where(column < 0, np.nan, layout.num[at[:, None], column])


def _categories(cat: Ints, layout: Layout, inside: Ints, at: Ints, known: Known, which: Ints) -> None:
    """The same of categories, which each model has its own words for."""
    place = {name: i for i, name in enumerate(layout.num_names)}
    words = {name: i for i, name in enumerate(layout.cat_names)}
    models, starts = np.unique(which[inside], return_index=True)
    ends = [*starts[1:].tolist(), len(inside)]
    for model, first, end in zip(models.tolist(), starts.tolist(), ends, strict=True):
        some = at[first:end]
        for j, name in enumerate(known[model].cat_names):
            vocabulary = known[model].vocabularies[j]
            if name in words:
                texts: Sequence[str] = layout.cat[words[name]]
                cat[inside[first:end], j] = [vocabulary.get(texts[i], UNSEEN) for i in some.tolist()]
            elif name in place:
                values = layout.num[some, place[name]].tolist()
                cat[inside[first:end], j] = [MISSING if v != v else vocabulary.get(text(v), UNSEEN) for v in values]


def _bins(num: Floats, known: Known, which: Ints) -> Ints:
    bins = below([prepared.edges for prepared in known], which, num)
    row, feature = np.nonzero(np.isnan(num))
    if len(row):
        bins[row, feature] = np.stack([prepared.widths for prepared in known])[which[row], feature]
    return bins


def together(some: Sequence[Abreast]) -> View:
    """All rows as one view without a baseline; groups follow each other."""
    wholes = [each.whole for each in some]
    starts = np.cumsum([0, *(whole.groups for whole in wholes)]).tolist()
    rows = np.concatenate([whole.rows for whole in wholes])
    none = np.empty((len(rows), 0), dtype=np.int64)
    return View(
        batch=wholes[0].batch,
        rows=rows,
        prepared=None,
        num=np.empty((len(rows), 0)),
        bins=none,
        cat=none,
        anomaly=np.concatenate([whole.anomaly for whole in wholes]),
        flags=np.concatenate([whole.flags for whole in wholes]),
        group=np.concatenate([whole.group + start for whole, start in zip(wholes, starts)]),
        places=wholes[0].places,
        groups=starts[-1],
    )
