"""What queries of a model are like: how near two of different principals come, how surprising one is, and how torn.

Learnt with the baseline from its rows, so that no principal speaks for all: of each at most so many rows count, and the
quarter of the principals that is strangest is left out where the line to the strange is drawn. An attacker who was
there while the baseline was learnt widens it a little; only when attackers are most of the principals are they normal.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitors.boxes import ratios
from monitors.coherence import Coherence, coherence_of, extremes, tree_of
from monitors.prepared import MISSING, UNSEEN, Prepared
from monitors.querycodes import CODES, KNOTS, RANKS, chosen, codes_of, knots_of, scales
from monitors.sample import Sample
from schemas.baselines import Baseline
from schemas.events import Floats, Ints
from schemas.values import text

COUNTS, LAW, TREE = "ref:query_codes", "ref:query_law", "ref:query_tree"
WINDOW = 128  # earlier queries of a principal that a new one is compared with, here as in the judge
ROWS = 1000  # whose nearest neighbours are looked for
CATEGORY = 8  # distance of two categories; a fifth of the way through the ranks of a number
FAR = 32_767
# Shares of the rows that may be so near to the nearest of `WINDOW` others. Distances are whole numbers, so of the
# larger shares, 5 and 50 in 100, a little more may be.
NEAREST, NEAR, COMMON = 0.01, 0.065, 0.55
RARE = 0.02  # where more rows than that differ from another in one feature (or two), such pairs mean nothing
STRANGE = 0.99  # quantile of surprise, and of how little a query's features go together
TESTED = 0.35  # share of its numbers that a tester of extreme values sets to an end or beyond
MILLI = 1000
NATS = 16  # parts of one; a query's values together are far from the end of 16 bits
Bytes = NDArray[np.uint8]
Distances = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class QueryLaw:
    """Three distances (-1: none is so rare), the surprise of every code in nats, and the line to the strange.

    `variant` is in how many features, 2 at most, queries may differ and still be rare among strangers; then they are
    variants of one case.

    Surprise leaves out the few most surprising features of a query: a tester of extreme values is no attacker, and
    sampling a box at random is strange in nearly every feature. So for `strange` extremes surprise nobody; for
    `extreme` they do, and what a tester would show there is known.
    """

    nearest: int
    near: int
    common: int
    line: float
    surprise: Floats  # (features, CODES)
    numeric: int  # the first so many features are numbers, the others categories
    variant: int = 0
    ends: NDArray[np.bool_] | None = None  # (features, CODES)
    coherence: Coherence | None = None
    edge: float = 0.0  # surprise with extremes that 99 in 100 do not reach
    lack: float = 0.0  # of coherence, that 99 in 100 do not reach
    ratios: Floats | None = None  # (features, CODES): nats by which a code is a sampler's rather than a customer's
    box: float = inf  # sum of those that 99 in 100 do not reach
    tested: tuple[float, float, float] = (0.0, 0.0, 0.0)  # how often a tester of extreme values is extreme, torn, boxed

    def distances(self, a: Bytes, b: Bytes) -> Distances:
        """L1 distance of ranks, shape (len(a), len(b))."""
        return self.apart(planes(a)[:, :, None], planes(b)[:, None])

    def apart(self, one: Distances, other: Distances) -> Distances:
        """The same of codes as `planes` gives them, of shapes that broadcast: (features, ...) to (...)."""
        k = self.numeric
        parts = np.abs(one[:k] - other[:k]).sum(axis=0, dtype=np.int16)
        if k < len(one):
            parts += CATEGORY * (one[k:] != other[k:]).sum(axis=0, dtype=np.int16)
        return np.asarray(parts)

    def unlike(self, same: NDArray[np.bool_], codes: Bytes) -> Distances:
        """How little queries share with others, shape (rows, others); `same` (features, rows, others): what they do.

        Sharing a rare value says more than sharing a common one; the rarest that two share is left out, for it may be
        the hour or a batch's number.

        Reference: I. Fellegi and A. Sunter, "A Theory for Record Linkage", JASA 64, 1969.
        """
        weights = np.rint(self.surprise * NATS).astype(np.int16)[np.arange(codes.shape[1]), codes]
        shared = same * weights.T[:, :, None]
        return np.asarray(shared.max(axis=0) - shared.sum(axis=0, dtype=np.int16))

    def strange(self, codes: Bytes) -> NDArray[np.bool_]:
        """Which queries are more surprising than 99 in 100, extremes apart."""
        return trimmed(_calm(self.surprise, self.ends), codes) > self.line

    def extreme(self, codes: Bytes) -> NDArray[np.bool_]:
        """Which queries are more surprising than 99 in 100, extremes and all."""
        return trimmed(self.surprise, codes) > self.edge

    def boxed(self, codes: Bytes) -> NDArray[np.bool_]:
        """Which queries are likelier draws from the ranges of their numbers than 99 in 100 are."""
        assert self.ratios is not None
        return summed(self.ratios, codes) > self.box

    def torn(self, codes: Bytes) -> NDArray[np.bool_]:
        """Which queries' features go together less than those of 99 in 100."""
        assert self.coherence is not None
        return self.coherence.lack(codes) > self.lack


def planes(codes: Bytes) -> Distances:
    """Codes (rows, features), features first: adding up whole planes is several times as fast as short rows."""
    return np.ascontiguousarray(codes.T).astype(np.int16)


def trimmed(surprise: Floats, codes: Bytes) -> Floats:
    """Sum of each row's surprise without its most surprising features: a fifth of them, three at least."""
    each = np.sort(surprise[np.arange(codes.shape[1]), codes], axis=1)
    return np.asarray(each[:, : max(1, codes.shape[1] - max(3, codes.shape[1] // 5))].sum(axis=1))


def summed(nats: Floats, codes: Bytes) -> Floats:
    """Each row's nats, all features together."""
    return np.asarray(nats[np.arange(codes.shape[1]), codes].sum(axis=1))


def law_of(baseline: Baseline) -> QueryLaw | None:
    """What a baseline says; None if it was learnt before there were attack monitors, or has no features."""
    counts, law, tree = (baseline.vectors.get(name) for name in (COUNTS, LAW, TREE))
    if not counts or law is None or tree is None or len(counts) % CODES or len(law) not in (9, 11):
        return None
    numeric = len(chosen(baseline)[0])
    table = np.array(counts).reshape(-1, CODES)
    parents, joint = np.split(np.array(tree, dtype=np.int64), [len(table) - 1])
    coherence = coherence_of(table, parents, joint, numeric)
    nearest, near, common, variant, *more = law
    line, edge, lack, extreme, torn, *boxed = (value / MILLI for value in more)
    box, drawn = boxed or (inf, 0.0)  # of a baseline learnt before there was that line nothing is beyond it
    ends, surprise = extremes(table, numeric), _surprise(table)
    sampler = ratios(table, scales(baseline), RANKS)
    radii, tested = (nearest, near, common), (extreme, torn, drawn)
    return QueryLaw(*radii, line, surprise, numeric, variant, ends, coherence, edge, lack, sampler, box, tested)


def _surprise(counts: Ints) -> Floats:
    """Nats; a code that was never seen weighs like half a row."""
    table = counts + 0.5
    return np.asarray(-np.log(table / table.sum(axis=1, keepdims=True)))


def _calm(surprise: Floats, ends: NDArray[np.bool_] | None) -> Floats:
    """The same where extremes surprise nobody."""
    return surprise if ends is None else np.where(ends, 0.0, surprise)


def query_law(sample: Sample) -> dict[str, tuple[int, ...]]:
    """The vectors that `law_of` reads, of a baseline's own rows."""
    numeric, categorical = chosen(sample.baseline)
    if not len(numeric) + len(categorical):
        return {}
    rows, who = _fair(np.array([row.who for row in sample.rows], dtype=np.int64))
    knots = _knots(sample.x[np.ix_(rows, numeric)], sample.x[:, numeric])
    prepared = Prepared(msgspec.structs.replace(sample.baseline, vectors=knots))
    cat = _categories(prepared, sample, rows)
    codes = codes_of([prepared], np.zeros(len(rows), dtype=np.int64), sample.x[rows], cat)
    values = np.concatenate([np.nan_to_num(sample.x[np.ix_(rows, numeric)], nan=np.inf), cat[:, categorical]], axis=1)
    counts = np.stack([np.bincount(column, minlength=CODES) for column in codes.T])
    table = _surprise(counts)
    calm = _calm(table, extremes(counts, len(numeric)))
    parents, joint = tree_of(codes, counts)
    coherence = coherence_of(counts, parents, joint, len(numeric))
    law = QueryLaw(0, 0, 0, 0.0, table, len(numeric))
    nearest, variant = _nearest(law, codes, values, who)
    radii = [_radius(nearest, share) for share in (NEAREST, NEAR, COMMON)]
    sampler = ratios(counts, scales(prepared.baseline), RANKS)
    unusual = trimmed(calm, codes), trimmed(table, codes), _unseen(codes, counts, len(numeric)), summed(sampler, codes)
    line, edge, lack, box = (float(np.quantile(_ordinary(each, who), STRANGE)) for each in unusual)
    tester = _tester(codes, counts, len(numeric))
    tested = trimmed(table, tester) > edge, coherence.lack(tester) > lack, summed(sampler, tester) > box
    extreme, torn, drawn = (float(each.mean()) for each in tested)
    said = (*radii, variant, *(ceil(each * MILLI) for each in (line, edge, lack, extreme, torn, box, drawn)))
    tree = (*parents.tolist(), *joint.ravel().tolist())
    return {**knots, COUNTS: tuple(counts.ravel().tolist()), LAW: said, TREE: tree}


def _unseen(codes: Bytes, counts: Ints, numeric: int) -> Floats:
    """Each row's lack of coherence by a tree of the other half of the rows: of its own rows a tree thinks too well."""
    lack = np.empty(len(codes))
    for half in (slice(0, None, 2), slice(1, None, 2)):
        other = np.ones(len(codes), dtype=bool)
        other[half] = False
        lack[half] = coherence_of(counts, *tree_of(codes[other], counts), numeric).lack(codes[half])
    return lack


def _tester(codes: Bytes, counts: Ints, numeric: int) -> Bytes:
    """The rows as a tester would send them: some numbers at the first or last value there was, or beyond it."""
    rng = np.random.default_rng(2)
    seen = counts[:numeric] > 0
    first, last = seen.argmax(axis=1), CODES - 1 - seen[:, ::-1].argmax(axis=1)
    ends = np.stack([first, np.maximum(first - 1, 0), last, np.minimum(last + 1, CODES - 1)])
    shape = len(codes), numeric
    extreme = ends[rng.integers(len(ends), size=shape), np.arange(numeric)]
    tested = codes.copy()
    tested[:, :numeric] = np.where(rng.random(shape) < TESTED, extreme, codes[:, :numeric])
    return tested


def _knots(fair: Floats, all: Floats) -> dict[str, tuple[int, ...]]:
    """Knots of the rows that count; a number that none of those has is taken from all."""
    lacks = np.isnan(fair).all(axis=0)
    filled = np.where(lacks, np.nan, fair)
    filled[0, lacks] = np.nanmedian(all[:, lacks], axis=0)
    return {KNOTS: knots_of(filled)}


def _fair(who: Ints) -> tuple[Ints, Ints]:
    """Rows that count: of every principal at most twice what the middle one has, those with the smallest hash."""
    _, code, count = np.unique(who, return_inverse=True, return_counts=True)
    most = max(20, 2 * int(np.median(count))) if len(count) > 3 else len(who)
    order = np.argsort(code, kind="stable")
    within = np.arange(len(who)) - np.concatenate(([0], np.cumsum(count)))[code[order]]
    rows = np.sort(order[within < most])
    return rows, who[rows]


def _radius(nearest: Distances, share: float) -> int:
    """The largest distance that at most this share of the rows has to its nearest; -1 where even 0 is too common."""
    common = np.searchsorted(np.sort(nearest), np.arange(FAR), side="right") > share * len(nearest)
    return int(np.argmax(common)) - 1


def _nearest(law: QueryLaw, codes: Bytes, values: Floats, who: Ints) -> tuple[Distances, int]:
    """Distance of some rows to the nearest of `WINDOW` rows of other principals (of any, where there is but one).

    Equal rows are left out. Also in how many features, 2 at most, rows differ from one of those but rarely.
    """
    rng = np.random.default_rng(1)
    some = min(ROWS, len(codes))
    window = min(WINDOW, len(codes) - 1)
    alone = len(np.unique(who)) < 2
    found, least = np.full(some, FAR, dtype=np.int16), np.full(some, FAR)
    for i in range(some):
        others = rng.choice(len(codes), window, replace=False)
        others = others[alone | (who[others] != who[i])]
        differs = (values[others] != values[i]).sum(axis=1)
        others, differs = others[differs > 0], differs[differs > 0]
        if len(others):
            found[i], least[i] = law.distances(codes[i : i + 1], codes[others]).min(), differs.min()
    return found, sum(float((least <= many).mean()) <= RARE for many in (1, 2))


def _ordinary(surprise: Floats, who: Ints) -> Floats:
    """Surprise without the quarter of the principals whose middle query is strangest."""
    names = np.unique(who)
    middle = np.array([np.median(surprise[who == name]) for name in names.tolist()])
    if len(names) < 4:
        return surprise
    kept = names[np.argsort(middle, kind="stable")[: len(names) - len(names) // 4]]
    return surprise[np.isin(who, kept)]


def _categories(prepared: Prepared, sample: Sample, rows: Ints) -> Ints:
    """Codes of the rows' categories, as `monitors.abreast` makes them."""
    places = np.full((len(rows), len(prepared.cat_names)), MISSING, dtype=np.int64)
    for i, at in enumerate(rows.tolist()):
        row = sample.rows[at]
        for j, name in enumerate(prepared.cat_names):
            value = row.cat.get(name) or (text(row.num[name]) if name in row.num else None)
            if value is not None:
                places[i, j] = prepared.vocabularies[j].get(value, UNSEEN)
    return places
