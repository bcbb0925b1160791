"""Drills: attacks, drifts, faults and poisonings put into a copy of a model's traffic, to see which monitors see them.

`Shadow` is that copy with a surrogate that answers for the model; `kinds` holds one module per kind, with

    FAMILIES    families of alerts that count as having seen it
    MEANING     one line for a person
    NEEDS       what it cannot be tried without, one line for a person
    METRICS     beginnings of the metrics it shows in: alerts on those that are there anyhow hide it
    GAPS        what of the sort it does not try, or is known not to be seen, one line for a person
    inject(shadow, strength, rng) -> records    from `shadow.start` on changed or added to; strength 0 weak … 2 strong

A kind returns None where it cannot be tried, because what it needs is not there (no labels, no numbers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from monitors.drills.surrogate import Surrogate
from schemas.events import Floats

STRENGTHS = ("weak", "medium", "strong")
INTRUDER = "drill-intruder"  # the principal of every added query
SOURCE = "drill-source"  # the label source that lies
KINDS = Path(__file__).parent / "kinds"
PER_MINUTE = 20  # queries an intruder asks a minute
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shadow:
    """`records` in order of time; `start` (seconds) is when trouble begins, `known` since when the judge knows them."""

    records: Sequence[Record]
    start: float
    surrogate: Surrogate
    known: float

    @property
    def numbers(self) -> list[str]:
        """Numeric features that vary, the one that goes with the score most closely first."""
        return self.surrogate.numbers

    def changed(self, change: Callable[[Record], Record | None]) -> list[Record]:
        """Records from `start` on put through `change(record)`, which may answer None: then it never came.

        A record that it gives back as it is counts as untouched.
        """
        found = [change(r) if r["ts"] >= self.start else r for r in self.records]
        return [record for record in found if record is not None]

    def answered(self, records: Sequence[Record]) -> list[Record]:
        """The records, those that are no longer the shadow's own with the surrogate's answers to their features."""
        own = {id(record) for record in self.records}
        new = [i for i, record in enumerate(records) if id(record) not in own]
        found = list(records)
        for i, answer in zip(new, self.surrogate.answers([records[i]["features"] for i in new]), strict=True):
            found[i] = {**records[i], **answer}
        return found

    def asked(self, queries: Sequence[Mapping[str, Any]]) -> list[Record]:
        """The traffic with an intruder's queries in it, PER_MINUTE of them a minute, answered by the surrogate."""
        base = self.records[-1]
        answers = self.surrogate.answers(queries)
        added = []
        for i, (features, answer) in enumerate(zip(queries, answers, strict=True)):
            at = self.start + 60.0 * i / PER_MINUTE
            record = {"ts": at, "model": base["model"], "version": base.get("version", ""), "principal": INTRUDER}
            added.append({**record, "id": f"drill-{i}", "features": dict(features), **answer})
        last = base["ts"]
        return sorted([*self.records, *(r for r in added if r["ts"] <= last)], key=lambda r: r["ts"])

    def cases(self, rng: np.random.Generator, n: int) -> list[Record]:
        """Ordinary cases an intruder may begin with: features of records before the trouble."""
        usual = [r for r in self.records if r["ts"] < self.start]
        return [dict(usual[int(i)]["features"]) for i in rng.integers(0, len(usual), n)]

    def spread(self, name: str) -> Floats:
        """Values of a numeric feature, in order."""
        found = [r["features"].get(name) for r in self.records]
        return np.sort(np.array([x for x in found if isinstance(x, (int, float))], dtype=np.float64))


def all_kinds() -> dict[str, ModuleType]:
    """Every kind of drill by its name: the modules of the folder `kinds`."""
    names = sorted(path.stem for path in KINDS.glob("*.py") if not path.stem.startswith("_"))
    return {name: import_module(f"monitors.drills.kinds.{name}") for name in names}
