"""How many answers each model version gave, and which versions were compared with nothing: no alert says nothing there.

Kept in bounded memory: answers of versions beyond the first `MOST` are counted together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from monitors.observe import Observed
from schemas.events import MINUTE_NS, OTHER
from schemas.settings import Settings

MOST = 2_000
SHOWN = 10  # versions told one by one
Name = tuple[str, str]  # model, version


@dataclass(slots=True)
class Version:
    """Answers of one version: how many, how many of them were scored, and the minutes of the first and the last."""

    answers: int = 0
    scored: int = 0
    first_ns: int = 1 << 63
    last_ns: int = 0

    @property
    def minutes(self) -> int:
        """From the first to the end of the last."""
        return (self.last_ns - self.first_ns) // MINUTE_NS + 1


@dataclass(slots=True)
class Answered:
    """Counts by model version. What lies ahead of the clock is not judged, and not counted here."""

    versions: dict[Name, Version] = field(default_factory=dict)

    def add(self, seen: Observed) -> None:
        """One more batch."""
        for summaries in (*seen.on_time, *seen.late):
            for key, summary in summaries.items():
                if key.segment or not summary.n:
                    continue
                name = (key.model, key.version)
                if name not in self.versions and len(self.versions) >= MOST:
                    name = (OTHER, "")
                told = self.versions.setdefault(name, Version())
                told.answers += summary.n
                told.scored += summary.n if key.baseline else 0
                told.first_ns, told.last_ns = min(told.first_ns, key.minute_ns), max(told.last_ns, key.minute_ns)

    @property
    def scored(self) -> int:
        return sum(told.scored for told in self.versions.values())

    def sentences(self, settings: Settings, known: Collection[Name]) -> list[str]:
        """Which versions were compared with nothing, why, and what to do; those with the most answers first.

        `known` are the versions that have a baseline by now.
        """
        left = sorted((n for n, told in self.versions.items() if not told.scored), key=lambda n: self._rank(n))
        said = [" ".join(self._said(name, settings, name in known)) for name in left[:SHOWN]]
        if len(left) > SHOWN:
            said.append(f"not enough data: the same is true of {len(left) - SHOWN:,} more model versions")
        return said

    def _rank(self, name: Name) -> tuple[int, Name]:
        return -self.versions[name].answers, name

    def _said(self, name: Name, settings: Settings, known: bool) -> Iterator[str]:
        told, judge = self.versions[name], settings.judge
        who = " ".join(filter(None, name))
        yield f"not enough data: none of the {told.answers:,} answers of {who} (over {told.minutes:,} min) was"
        yield "compared with a baseline, so no alert does not mean all is well;"
        if name[0] == OTHER:
            yield "models beyond line.max_models are counted together and have none"
            return
        if known:
            yield "its baseline was complete only at the end; judge this log by it:"
        else:
            yield f"one is learnt from {judge.baseline_events:,} answers (judge.baseline_events)"
            yield f"over {judge.baseline_minutes:,} minutes (judge.baseline_minutes), or given:"
        yield "`mirqab baseline set --from NORMAL --output FILE`, then `replay --baselines FILE`"
