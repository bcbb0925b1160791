"""Feedback on a made-up model, clean or poisoned: log records in order of arrival. Seeded: equal every time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from monitors.poisoning.found import Found
from monitors.poisoning.watch import LabelWatch
from schemas.labelled import LabelRow
from tests.support.traffic import MONDAY

DAY = 86_400
SURE = 1000.0  # capital; the budget of one model of a hundred asks for 2,400
Row = dict[str, Any]
Poison = Callable[[Row, np.random.Generator], bool]  # edits a row; whether it did


@dataclass(frozen=True, slots=True)
class Campaign:
    """`poison` between two days; `name` stands in the records as the answer that nobody may read."""

    name: str
    poison: Poison
    since: float = 5.0
    until: float = 10.0


@dataclass(frozen=True, slots=True)
class Feed:
    """A clean stream: labels a day, sources by a power law, errors of all and of those who make more."""

    days: float = 12
    per_day: int = 800
    sources: int = 16
    errors: float = 0.01
    careless: dict[str, float] = field(default_factory=lambda: {"desk-05": 0.08})
    starts: dict[str, float] = field(default_factory=dict)  # day of a source that was not there before
    daily: bool = False  # labels come once a day, all together


def feedback(feed: Feed, campaigns: Sequence[Campaign] = (), seed: int = 1) -> list[Row]:
    """Records as `mirqab replay` reads them, with `poison` and `campaign` beside."""
    rng = np.random.default_rng(seed)
    n = int(feed.days * feed.per_day)
    share = 1 / np.arange(1, feed.sources + 1) ** 0.8
    rows: list[Row] = []
    for at in np.sort(rng.uniform(0, feed.days, n)).tolist():
        row = _honest(at, feed, share / share.sum(), rng)
        for campaign in campaigns:
            if campaign.since <= at < campaign.until and campaign.poison(row, rng):
                row |= {"poison": True, "campaign": campaign.name}
        if feed.daily:
            row["ts"] = MONDAY + (int(at) + 0.9) * DAY + rng.uniform(0, 120)
        rows.append({**row, "ts": round(row["ts"], 1), "id": len(rows)})
    return sorted(rows, key=lambda row: float(row["ts"]))


def _honest(at: float, feed: Feed, share: Any, rng: np.random.Generator) -> Row:
    source = f"desk-{rng.choice(feed.sources, p=share):02d}"
    if at < feed.starts.get(source, 0.0):
        source = "desk-00"
    age, balance = float(np.clip(np.round(rng.normal(42, 12)), 18, 90)), float(np.round(rng.lognormal(6.5, 1.2)))
    calls, job = float(rng.geometric(0.4)), float(rng.integers(12))
    chance = 1 / (1 + np.exp(2.2 - 0.9 * rng.normal() - 0.02 * (age - 42) + 0.1 * calls))
    said = float(rng.random() < chance)
    if rng.random() < feed.careless.get(source, feed.errors):
        said = 1 - said
    features = [age, job, balance, calls, float(rng.integers(3))]
    ts = MONDAY + at * DAY
    row = {"ts": ts, "served_ts": round(ts - rng.exponential(DAY), 1), "model": "deposit", "source": source}
    return {**row, "features": features, "score": round(float(chance), 4), "label": int(said), "poison": None}


def of(source: str, share: float, label: int | None = None) -> Poison:
    """This source turns round, or sets to `label`, a share of its labels."""

    def poison(row: Row, rng: np.random.Generator) -> bool:
        if row["source"] != source or rng.random() >= share:
            return False
        row["label"] = 1 - row["label"] if label is None else label
        return True

    return poison


def where(inside: Callable[[list[float]], bool], share: float, label: int) -> Poison:
    """Whoever gives it, a label inside is set in a share of cases."""

    def poison(row: Row, rng: np.random.Generator) -> bool:
        if not inside(row["features"]) or rng.random() >= share:
            return False
        row["label"] = label
        return True

    return poison


def trigger(values: dict[int, float], share: float, source: str | None = None) -> Poison:
    """A share of rows, of one source or of all, gets these feature values and the label 1."""

    def poison(row: Row, rng: np.random.Generator) -> bool:
        if source not in (None, row["source"]) or rng.random() >= share:
            return False
        for at, value in values.items():
            row["features"][at] = value
        row["label"] = 1
        return True

    return poison


def lines(rows: Sequence[Row]) -> list[bytes]:
    return [json.dumps(row).encode() for row in rows]


def label_row(row: Row) -> LabelRow:
    """What a summary would carry of it."""
    num = {f"f{i:02d}": value for i, value in enumerate(row["features"])}
    return LabelRow(int(row["id"]) * 2_654_435_761 % 2**40, row["source"], row["score"], bool(row["label"]), num, {})


def panes(rows: Sequence[Row]) -> Iterator[tuple[int, list[LabelRow]]]:
    """Label rows by the end of their pane of five minutes, ns."""
    waiting: dict[int, list[LabelRow]] = {}
    for row in rows:
        waiting.setdefault(int(row["ts"] // 300), []).append(label_row(row))
    for pane, labelled in sorted(waiting.items()):
        yield (pane + 1) * 300_000_000_000, sorted(labelled, key=lambda one: one.hash)


def watched(rows: Sequence[Row], watch: LabelWatch | None = None) -> dict[tuple[str, str], Found]:
    """What was ever found, each as it was when it became sure, or at its height."""
    watch, best = watch or LabelWatch(), dict[tuple[str, str], Found]()
    for at_ns, labelled in panes(rows):
        watch.add(labelled, at_ns)
        for found in watch.found:
            key = (found.metric, found.name)
            if key not in best or best[key].capital < min(SURE, found.capital):
                best[key] = found
    return best
