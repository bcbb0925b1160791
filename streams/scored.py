"""Lines of a plain series in, the same lines with a score out, and a count of what was wrong with them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from monitors.series.scorer import DETECTION, SeriesScorer
from streams.seriesfile import Columns, split


@dataclass(slots=True)
class Scored:
    """A line without a number as value has no score; one whose time cannot be used is scored in the order it came."""

    columns: Columns
    rows: int = 0
    detections: int = 0
    without_value: int = 0
    without_time: int = 0
    backwards: int = 0
    _last: float | None = None
    _scorer: SeriesScorer = field(default_factory=SeriesScorer)

    def line(self, line: str) -> str:
        """The line with its score, which may be empty."""
        score = self.score(line)
        return f"{line}," if score is None else f"{line},{score:.6f}"

    def score(self, line: str) -> float | None:
        """Its score; None where it has no number as value."""
        row = self.columns.read(line)
        self.rows += 1
        if row.time is None:
            self.without_time += 1
        else:
            # Compared with the row above only: one clock that ran ahead must not condemn the rest.
            self.backwards += self._last is not None and row.time < self._last
            self._last = row.time
        if row.value is None:
            self.without_value += 1
            return None
        score = self._scorer.update(row.value)
        self.detections += score >= DETECTION
        return score

    def counts(self) -> dict[str, int]:
        return {
            name: getattr(self, name) for name in ("rows", "detections", "without_value", "without_time", "backwards")
        }

    def sentence(self) -> str:
        """The counts for a person."""
        parts = [f"{self.rows:,} rows, {self.detections:,} detections (score {DETECTION} and above)"]
        if self.without_value:
            parts.append(f"{self.without_value:,} rows have no number as value and no score")
        if self.without_time:
            parts.append(f"{self.without_time:,} rows have no readable timestamp, scored in the order they came")
        if self.backwards:
            parts.append(f"{self.backwards:,} rows lie before the row above them, scored in the order they came")
        return "\n".join(parts)


@dataclass(slots=True)
class ScoredAsJson(Scored):
    """The same, each row as a JSON object: its cells by the names of `heads` as they came, and its score or null."""

    heads: tuple[str, ...] = ()

    def line(self, line: str) -> str:
        """The row as an object."""
        score = self.score(line)
        cells = dict(zip(self.heads, split(line), strict=False))
        return json.dumps({**cells, "score": None if score is None else round(score, 6)})
