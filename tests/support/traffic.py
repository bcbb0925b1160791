"""Made-up traffic of one model as log records, and the straight line over it in memory. Seeded: equal every time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from monitors.learn import Learnt, learn
from monitors.observe import Bounds, observe
from monitors.prepared import Prepared
from monitors.quiet import silence
from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.events import RawRecord, Source
from schemas.formats import Limits, load
from schemas.rules import Rule, load_rules
from schemas.settings import Settings
from schemas.summaries import Summary, SummaryKey
from schemas.summaries import merge as merge_summaries
from streams.meter import Meter
from streams.pipeline import Feed, Line
from streams.sinks.memory import MemoryStore

ROOT = Path(__file__).resolve().parents[2]
RULES = load_rules(ROOT / "monitors" / "rules")
MONDAY = 1_749_427_200  # 2025-06-09 00:00 UTC, seconds
SOURCE = Source("log", "inference", 0)
NOW_NS = 1_900_000_000_000_000_000
PLAIN_BOUNDS = Bounds(max_principals=256, max_predictions=64, lateness_ns=60_000_000_000)
Change = Callable[[dict[str, Any], np.random.Generator], dict[str, Any] | None]


@dataclass(slots=True)
class Made:
    """Records in order of time, and the offset the next one gets."""

    source: Source = SOURCE
    records: list[RawRecord] = field(default_factory=list)

    def add(self, rows: Iterable[dict[str, Any] | bytes]) -> Made:
        for row in rows:
            value = row if isinstance(row, bytes) else json.dumps(row).encode()
            self.records.append(RawRecord(len(self.records), value, None))
        return self

    def feeds(self, size: int = 4096) -> list[Feed]:
        return [(self.source, self.records[at : at + size]) for at in range(0, len(self.records), size)]


def traffic(
    minutes: int,
    per_minute: float = 60,
    *,
    start: float = MONDAY,
    model: str = "card",
    principals: int = 8,
    seed: int = 1,
    change: Change | None = None,
) -> list[dict[str, Any]]:
    """Poisson traffic: two numeric features, one category, a score, a class, a latency. `change` edits or drops."""
    rng = np.random.default_rng(seed)
    rows = []
    for ts in np.sort(rng.uniform(0, minutes * 60, rng.poisson(minutes * per_minute))):
        score = float(rng.beta(2, 5))
        row: dict[str, Any] = {
            "ts": round(start + float(ts), 3),
            "model": model,
            "version": "1",
            "principal": f"client-{rng.integers(principals)}",
            "features": {
                "age": float(np.round(rng.normal(40, 10))),
                "amount": float(np.round(rng.lognormal(4, 1), 2)),
                "channel": str(rng.choice(["web", "app", "branch"], p=[0.5, 0.3, 0.2])),
            },
            "score": round(score, 4),
            "prediction": int(score > 0.5),
            "latency_ms": round(float(rng.lognormal(3, 0.4)), 2),
            "status": "ok" if rng.random() > 0.01 else "error",
        }
        edited = row if change is None else change(row, rng)
        if edited is not None:
            rows.append(edited)
    return rows


def rich(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any] | None:
    """What only some models log: a vector, a pair of features, class probabilities, tokens, a label at once."""
    row["features"] |= {f"e{i:02d}": float(x) for i, x in enumerate(rng.normal(0, 1, 32).round(3))}
    row["features"]["limit"] = round(row["features"]["amount"] * float(rng.lognormal(0, 0.2)), 2)
    row["scores"] = rng.dirichlet([6, 1, 1]).round(4).tolist()
    row |= {"tokens_in": int(rng.lognormal(5, 0.5)), "tokens_out": int(rng.lognormal(4, 0.5))}
    row["label"] = str(row["prediction"] if rng.random() < 0.9 else 1 - row["prediction"])
    return row


def small_settings(**judge: Any) -> Settings:
    """One shard, one budgeted model, a baseline from the first hour's 2,000 events."""
    settings = Settings().replace("kafka", partitions=1).replace("judge", model_slots=1)
    return settings.replace("judge", **judge) if judge else settings


@dataclass(slots=True)
class Ran:
    """What the line left behind: the store, each alert as it last stood, every transition in order."""

    store: MemoryStore
    meter: Meter
    alerts: dict[str, Alert]
    told: list[Alert]

    def rules(self, *, opened: bool = False) -> set[str]:
        """The rules that raised something; only what was confirmed, if `opened`."""
        return {alert.rule for alert in self.alerts.values() if alert.opened_ns is not None or not opened}


def run_line(
    feeds: Sequence[Feed],
    settings: Settings | None = None,
    *,
    rules: tuple[Rule, ...] = RULES,
    baselines: Iterable[Baseline] = (),
    store: Any = None,
) -> Ran:
    """Records down the line in memory; the clock stands still in the year 2030."""
    told: list[Alert] = []
    kept = store if store is not None else MemoryStore()
    line = Line(settings or small_settings(), rules, kept, clock=lambda: NOW_NS, told=told.append)
    for baseline in baselines:
        line.baselines.add(baseline)
    partitions = sorted({(source.topic, source.partition) for source, _ in feeds})
    meter = asyncio.run(line.run(feeds, partitions))
    return Ran(kept, meter, {alert.id: alert for alert in told}, told)


def observed(
    records: Sequence[RawRecord], source: Source = SOURCE, *, prepared: Prepared | None = None
) -> dict[SummaryKey, Summary]:
    """Summaries of records in one block, without a baseline if none is given."""
    batch = load("json_lines")(records, source, Limits())
    seen = observe(batch, np.zeros(len(batch), dtype=np.int64), 1, 0, lambda m, v, b: prepared, PLAIN_BOUNDS)
    return seen.on_time[0]


def merge(parts: Iterable[Summary]) -> Summary:
    return merge_summaries(list(parts), max_principals=256, max_predictions=64, max_sample=100_000)


def learn_from(rows: Iterable[dict[str, Any]], *, number: int = 1) -> Baseline:
    """A baseline of all these rows."""
    summaries = observed(Made().add(rows).records)
    total = merge(summaries.values())
    first = min(summaries)
    minutes = sorted(key.minute_ns for key in summaries)
    time = Learnt(minutes[0], minutes[-1] + 60_000_000_000, len(minutes))
    return learn(first.model, first.version, number, total.sample, total, time, origin="given")


def minute_of(rng: np.random.Generator, n: int, *, slow: bool = False, who: str = "bob") -> Summary:
    """A minute of n events with scores and latencies."""
    made = silence()
    made.vectors["n"][0] = n
    latency = rng.choice(np.arange(30, 38), n) + (25 if slow else 0)
    made.vectors["latency"] += np.bincount(latency, minlength=82)
    made.vectors["score"] += np.bincount(rng.integers(0, 20, n), minlength=20)
    made.vectors["score_sum"][0] = n * 500_000
    return Summary(made.vectors, {who: [n, 0, 0]}, {"1": n}, [])
