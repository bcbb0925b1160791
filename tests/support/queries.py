"""Queries of customers and attackers on one model, and what the monitors of attacks make of them, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from typing import Any

import numpy as np

from monitors.accuse import Accuser
from monitors.coherence import coherence_of
from monitors.ledger import Ledger
from monitors.observe import Bounds, observe
from monitors.prepared import Prepared
from monitors.purse import Budget
from monitors.querycodes import CODES
from monitors.querylaw import QueryLaw
from monitors.track import Shape
from monitors.watch import Watch
from schemas.alerts import Alert
from schemas.events import MINUTE_NS
from schemas.formats import Limits, load
from schemas.queries import Queries
from schemas.summaries import Summary
from tests.support.traffic import MONDAY, RULES, SOURCE, Made, learn_from, rich, traffic

BUDGET = Budget(1e-6, 1e-7)
Row = dict[str, Any]


@cache
def prepared() -> Prepared:
    """What is usual of the model that they ask."""
    return Prepared(learn_from(traffic(60, 40, seed=99, change=rich)))


def seen(rows: list[Row], bounds: tuple[int, int] = (128, 32), secret: bytes = b"") -> list[Queries]:
    """Signatures of rows, one per minute, in order."""
    made = Made().add(rows).records
    batch = load("json_lines")(made, SOURCE, Limits())
    limits = Bounds(256, 64, 60 * 10**9, queries=bounds, secret=secret)
    found = observe(batch, np.zeros(len(batch), dtype=np.int64), 1, 0, lambda m, v, b: prepared(), limits)
    return [summary.queries for _, summary in sorted(found.on_time[0].items())]


def asks(n: int, kind: str, who: str = "eve", start: float = MONDAY) -> list[Row]:
    """Ordinary queries, equal ones, variants of one case in one feature, or a search around one case."""
    rows = traffic(n, 2, seed=5, start=start, change=rich)[:n]
    first = {**rows[0]["features"]}
    rng = np.random.default_rng(3)
    for i, row in enumerate(rows):
        row["principal"], row["ts"] = who, start + i * 3
        if kind == "equal":
            row["features"] = dict(first)
        elif kind == "what if" and i % 6:
            row["features"] = {**rows[i - 1]["features"], rng.choice(["age", "e01", "e02"]): row["features"]["e03"]}
        elif kind == "search":
            row["features"] = {**first, **{f"e{j:02d}": first[f"e{j:02d}"] + rng.normal(0, 0.02) for j in range(32)}}
    return rows


def findings(rows: list[Row], watch: Watch | None = None) -> list[Any]:
    watch = watch or Watch(256)
    found = []
    for queries in seen(rows):
        watch.add(queries, prepared())
        found += watch.minute(1e-6)
    return [each for each in found if each.p <= each.allowed]


def accused(rows: list[Row], then: Callable[[Accuser], list[Alert]] = lambda accuser: []) -> list[Alert]:
    accuser = Accuser("card", "1", RULES, Ledger(RULES, "hash"), 256, 5)
    alerts: list[Alert] = []
    for i, queries in enumerate(seen(rows)):
        accuser.add(Summary({}, {}, {}, [], queries), prepared())
        alerts += accuser.minute((MONDAY * 10**9) + (i + 1) * MINUTE_NS, BUDGET)[2]
    return alerts + then(accuser)


def shape(**given: float | None) -> Shape:
    usual = {f.name: 0 for f in fields(Shape)} | {"queries": 50, "distinct": 50, "fresh": None, "next": None}
    return Shape(**usual | given)  # type: ignore[arg-type]


def narrowed(law: QueryLaw, width: int) -> QueryLaw:
    """The law of the first few features, without a tree."""
    lone = coherence_of(np.ones((width, CODES), dtype=np.int64), np.zeros(width - 1, dtype=np.int64),
                        np.ones((width - 1) * 64, dtype=np.int64), width)  # fmt: skip
    ends = None if law.ends is None else law.ends[:width]
    ratios = None if law.ratios is None else law.ratios[:width]
    common = law.common * width // len(law.surprise)
    short = replace(law, surprise=law.surprise[:width], numeric=width, ends=ends, coherence=lone)
    return replace(short, ratios=ratios, common=common)
