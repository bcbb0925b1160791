"""A whole log as raw material for baselines: counts of all events and a uniform sample of rows, per model version.

What the judge gathers from closed minutes to learn a first baseline, this gathers from batches in any order. Memory is
bounded by models times rows, whatever the size of the log. It learns when asked and stores nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from monitors.learn import Learnt, learn
from monitors.observe import SAMPLE_ROWS, Bounds, observe
from schemas.baselines import Baseline
from schemas.events import MINUTE_NS, EventBatch
from schemas.summaries import SampleRow, Summary, SummaryKey, merge

BATCH = SAMPLE_ROWS  # events in a batch at most; of a larger one some could not become rows
MOST_MINUTES = 1_000_000  # counted; two years, and more of a log whose times are made up


@dataclass(slots=True)
class Gathered:
    """What is known of one model version. `events` counts all, `rows` are those with the smallest hash."""

    rows: dict[int, SampleRow] = field(default_factory=dict)
    total: Summary | None = None
    from_ns: int = 0
    to_ns: int = 0
    minutes: set[int] = field(default_factory=set)

    @property
    def events(self) -> int:
        return 0 if self.total is None else self.total.n


class Gathering:
    """Every model version of a log that `wanted(model, version)` accepts; at most `models` of them.

    `names` are the model versions met, wanted or not, as far as that limit; `beyond` counts events of those past it,
    `future` events ahead of their broker's clock, which are left out.
    """

    def __init__(self, bounds: Bounds, rows: int, models: int, wanted: Callable[[str, str], bool]) -> None:
        self.bounds, self.rows, self.models, self.wanted = bounds, rows, models, wanted
        self.found: dict[tuple[str, str], Gathered] = {}
        self.names: set[tuple[str, str]] = set()
        self.events = self.beyond = self.future = 0

    def add(self, batch: EventBatch) -> bool:
        """Count one batch of at most `BATCH` events of one source. The order of batches does not matter.

        False, and nothing is counted, if its rows are too wide to be sampled together: give it again in halves.
        """
        blocks = np.zeros(len(batch), dtype=np.int64)
        seen = observe(batch, blocks, 1, 0, lambda model, version, block: None, self.bounds)
        # Lateness matters to a stream only; here nothing is closed yet.
        found = [item for part in (seen.on_time[0], seen.late[0]) for item in part.items()]
        if len(batch) > 1 and any(row.cut for _, summary in found for row in summary.sample):
            return False
        self.events += len(batch)
        self.future += int(batch.future.sum())
        for key, summary in found:
            self._count(key, summary)
        return True

    def _count(self, key: SummaryKey, summary: Summary) -> None:
        name = (key.model, key.version)
        if len(self.names) < self.models:
            self.names.add(name)
        if not self.wanted(*name):
            return
        if name not in self.found and len(self.found) >= self.models:
            self.beyond += summary.n
            return
        gathered = self.found.setdefault(name, Gathered())
        gathered.rows.update((row.hash, row) for row in summary.sample if not row.cut)
        if len(gathered.rows) > 2 * self.rows:
            gathered.rows = self._smallest(gathered)
        if not gathered.events or key.minute_ns < gathered.from_ns:
            gathered.from_ns = key.minute_ns
        gathered.to_ns = max(gathered.to_ns, key.minute_ns + MINUTE_NS)
        if len(gathered.minutes) < MOST_MINUTES:
            gathered.minutes.add(key.minute_ns)
        summary.sample = []
        gathered.total = merge(
            [summary] if gathered.total is None else [gathered.total, summary],
            max_principals=self.bounds.max_principals,
            max_predictions=self.bounds.max_predictions,
            max_sample=0,
        )

    def _smallest(self, gathered: Gathered) -> dict[int, SampleRow]:
        return {h: gathered.rows[h] for h in sorted(gathered.rows)[: self.rows]}

    def learn(self, model: str, version: str, number: int) -> Baseline:
        """A baseline of a model version that was found. Raises BaselineError where there are too few events."""
        gathered = self.found[model, version]
        assert gathered.total is not None
        time = Learnt(gathered.from_ns, gathered.to_ns, len(gathered.minutes))
        rows = list(self._smallest(gathered).values())
        return learn(model, version, number, rows, gathered.total, time, origin="given")
