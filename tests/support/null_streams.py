"""Traffic in which nothing ever changes, of four kinds that are hard on p-values, drawn as columns.

 plain     bell curves and amounts, a pair that moves together, a vector of normal coordinates;
 sparse    features that are 0 but for one row in five to one in forty, in pairs; a vector with few coordinates in use;
 heavy     Student's t with 1.5 degrees, in pairs; a vector whose length and coordinates have heavy tails, too;
 lumpy     whole numbers with many ties; a vector that lies in five clusters of different size.
Each has a category of 5 and one of 60 values, the latter with a long tail of rare ones, and scores.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from monitors.observe import Bounds, observe
from monitors.prepared import Prepared
from schemas.events import MINUTE_NS, EventBatch, Floats, Layout, Source
from schemas.summaries import Summary
from tests.support.traffic import MONDAY

Rng = np.random.Generator
BOUNDS = Bounds(256, 64, 60 * 10**9)
COORDINATES = 32
CATEGORIES = {"channel": 5, "shop": 60}


def plain(rng: Rng, n: int) -> tuple[Floats, Floats]:
    amount = rng.lognormal(4, 1, n)
    limit = amount * rng.lognormal(0, 0.5, n)
    return np.column_stack([rng.normal(40, 10, n), amount, limit]), rng.normal(0, 1, (n, COORDINATES))


def sparse(rng: Rng, n: int) -> tuple[Floats, Floats]:
    columns = []
    for share in (0.2, 0.1, 0.05, 0.025):
        used = rng.random(n) < share
        columns += [np.where(used & (rng.random(n) < 0.9), rng.lognormal(0, 1, n), 0.0) for _ in range(2)]
    used = rng.random((n, COORDINATES)) < 0.1
    return np.column_stack(columns), np.where(used, rng.exponential(1, used.shape), 0.0)


def heavy(rng: Rng, n: int) -> tuple[Floats, Floats]:
    common = rng.standard_t(1.5, (n, 2))
    columns = [common[:, k // 2] + 0.5 * rng.standard_t(1.5, n) for k in range(4)]
    length = 1 / np.sqrt(rng.chisquare(2, (n, 1)) / 2)
    return np.column_stack(columns), rng.standard_t(3, (n, COORDINATES)) * length


def lumpy(rng: Rng, n: int) -> tuple[Floats, Floats]:
    base = rng.poisson(2, n)
    columns = [base, base + rng.poisson(0.5, n), rng.poisson(0.2, n), np.round(rng.normal(600, 80, n), -1)]
    centres = np.random.default_rng(5).normal(0, 2, (5, COORDINATES))
    which = rng.choice(5, n, p=[0.6, 0.25, 0.1, 0.04, 0.01])
    return np.column_stack(columns).astype(float), centres[which] + rng.normal(0, 0.5, (n, COORDINATES))


STREAMS: dict[str, Callable[[Rng, int], tuple[Floats, Floats]]] = {
    "plain": plain,
    "sparse": sparse,
    "heavy": heavy,
    "lumpy": lumpy,
}


def panes(kind: str, rng: Rng, sizes: list[int], prepared: Prepared | None) -> list[Summary]:
    """One summary per size, each of a minute of its own."""
    n = sum(sizes)
    features, vector = STREAMS[kind](rng, n)
    x = np.hstack([features, vector]).astype(np.float64)
    names = (*(f"feature {chr(97 + j)}" for j in range(features.shape[1])), *(f"e{j:02}" for j in range(COORDINATES)))
    texts = []
    for width in CATEGORIES.values():
        weights = 1 / np.arange(1, width + 1) ** 1.5
        texts.append([f"v{k}" for k in rng.choice(width, n, p=weights / weights.sum()).tolist()])
    minute = np.repeat(np.arange(len(sizes)), sizes)
    ts = MONDAY * 10**9 + minute * MINUTE_NS + np.arange(n) % MINUTE_NS
    score, nothing = rng.beta(2, 5, n), [""] * n
    batch = EventBatch(
        source=Source("null", "null", 0), offset=rng.integers(0, 2**60) + np.arange(n), ts_ns=ts, model=["m"] * n,
        version=nothing, artifact_hash=nothing, principal=[f"c{k}" for k in (rng.zipf(1.5, n) % 30).tolist()],
        id=nothing, session=nothing, segment=nothing, status=nothing, source_ip=nothing,
        prediction=[str(int(s > 0.3)) for s in score.tolist()],
        score=score, scores=[None] * n, latency_ms=rng.lognormal(3, 0.4, n), tokens_in=rng.lognormal(5, 0.5, n),
        tokens_out=rng.lognormal(4, 0.5, n), failed=rng.random(n) < 0.01, future=np.zeros(n, bool), label=nothing,
        label_source=nothing, served_ts_ns=np.zeros(n, np.int64), prompt=[None] * n, response=[None] * n,
        layouts=[Layout(names, tuple(CATEGORIES), np.arange(n), x, tuple(texts))], rejects=[],
    )  # fmt: skip
    seen = observe(batch, np.zeros(n, dtype=np.int64), 1, 0, lambda model, version, block: prepared, BOUNDS)
    return [seen.on_time[0][key] for key in sorted(seen.on_time[0])]
