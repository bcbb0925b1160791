"""What is known of a model version's segments: the counts that are usual for each, and those of the pane in work.

A segment's reference are its first events after the baseline was known, counted on that baseline's bins; it belongs to
that baseline and never changes once it is complete. Bounded by the names a baseline has for segments.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from monitors.learn import SMALLEST
from monitors.prepared import Prepared
from schemas.events import MINUTE_NS
from schemas.summaries import Summary, SummaryKey, WireSummary, from_wire, merge, to_wire

KEPT_NAMES = 256
KEY = SummaryKey("", "", "", 0, "")


class WrittenPart(msgspec.Struct):
    """A `Part` in a profile."""

    from_ns: int
    to_ns: int
    minutes: int
    done: bool
    reference: WireSummary | None = None
    now: WireSummary | None = None


class WrittenParts(msgspec.Struct):
    """`Parts` in a profile."""

    baseline: str = ""
    parts: dict[str, WrittenPart] = {}


@dataclass(slots=True)
class Part:
    """One segment. `reference` covers `from_ns` to `to_ns`; `now` what came since the model was last judged."""

    from_ns: int = 0
    to_ns: int = 0
    minutes: int = 0
    done: bool = False
    reference: Summary | None = None
    now: Summary | None = None

    def ready(self, pane_end_ns: int) -> bool:
        """Whether the reference was complete before this pane began: no event is compared with itself."""
        return self.done and self.to_ns < pane_end_ns

    def known(self, prepared: Prepared) -> Prepared:
        """The model's baseline with this segment's counts in it, under the same id: the events were scored by it."""
        assert self.reference is not None
        base, counts = prepared.baseline, self.reference.vectors
        numeric, categorical = [], []
        for number in base.numeric:
            row = counts[f"num:{number.name}"].tolist()
            numeric.append(msgspec.structs.replace(number, counts=tuple(row[:-3]), missing=row[-3]))
        for words in base.categorical:
            *named, other, missing = counts[f"cat:{words.name}"].tolist()
            categorical.append(msgspec.structs.replace(words, counts=tuple(named), other=other, missing=missing))
        return prepared.against(
            msgspec.structs.replace(
                base,
                learnt_from_ns=self.from_ns,
                learnt_to_ns=self.to_ns,
                minutes=self.minutes,
                events=self.reference.n,
                rows=self.reference.n,
                numeric=tuple(numeric),
                categorical=tuple(categorical),
                predictions=self.reference.predictions,
                vectors={name: tuple(row.tolist()) for name, row in sorted(counts.items())},
                principals={name: tuple(row) for name, row in sorted(self.reference.principals.items())},
            )
        )


class Parts:
    """The segments of one model version under one baseline."""

    def __init__(self, events: int, minutes: int) -> None:
        # A quarter of what a baseline needs: p-values count how few they are, and a rare segment has to begin some day.
        self.events, self.span_ns = max(SMALLEST, events // 4), minutes * MINUTE_NS
        self.baseline = ""
        self.parts: dict[str, Part] = {}
        self.open: dict[str, dict[str, list[tuple[int, Summary]]]] = {}  # of this pane: by baseline, by segment

    def add(self, segment: str, minute_ns: int, summary: Summary, baseline: str) -> None:
        """Count one closed minute of a segment."""
        self.open.setdefault(baseline, {}).setdefault(segment, []).append((minute_ns, summary))

    def end_pane(self, baseline: str) -> None:
        """Take over the pane's counts, as far as this baseline scored them. Another baseline begins anew."""
        found, self.open = self.open.get(baseline, {}), {}
        if baseline != self.baseline:
            self.baseline, self.parts = baseline, {}
        for segment, minutes in sorted(found.items()):
            part = self.parts.setdefault(segment, Part())
            total = _sum([summary for _, summary in minutes])
            part.now = total if part.now is None else _sum([part.now, total])
            if not part.done:
                times = [minute_ns for minute_ns, _ in minutes]
                part.from_ns = part.from_ns or min(times)
                part.to_ns = max(times) + MINUTE_NS
                part.minutes += len(times)
                part.reference = total if part.reference is None else _sum([part.reference, total])
                part.done = part.reference.n >= self.events and part.to_ns - part.from_ns >= self.span_ns

    def judged(self) -> None:
        """The model was judged: what follows belongs to the next time."""
        for part in self.parts.values():
            part.now = None

    def dump(self) -> WrittenParts:
        """Plain data for a profile, at the end of a pane."""
        return WrittenParts(
            self.baseline,
            {
                segment: WrittenPart(
                    part.from_ns, part.to_ns, part.minutes, part.done, _wire(part.reference), _wire(part.now)
                )
                for segment, part in sorted(self.parts.items())
            },
        )

    def load(self, written: WrittenParts) -> None:
        """Continue from what was written."""
        self.baseline = written.baseline
        self.parts = {
            segment: Part(w.from_ns, w.to_ns, w.minutes, w.done, _read(w.reference), _read(w.now))
            for segment, w in written.parts.items()
        }


def _sum(parts: list[Summary]) -> Summary:
    return merge(parts, max_principals=KEPT_NAMES, max_predictions=KEPT_NAMES, max_sample=0)


def _wire(summary: Summary | None) -> WireSummary | None:
    return None if summary is None else to_wire(KEY, summary)


def _read(wire: WireSummary | None) -> Summary | None:
    return None if wire is None else from_wire(wire)
