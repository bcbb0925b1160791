"""Where a change comes from: each named input inside each segment, against the same segment of the baseline."""

from __future__ import annotations

from dashboards.console.words import count, number, share
from dashboards.reports.document import Section, Table, Text
from dashboards.reports.judged import Judged
from dashboards.reports.say import interval
from monitors.weekly.changes import VALUES
from monitors.weekly.segments import where_moved

PLACE = 20
INPUTS, SHOWN = 4, 12


def section(judged: Judged) -> Section | None:
    asked = judged.asked
    if asked.reference is None or asked.reference.rows is None:
        return None
    keys = asked.settings.model(asked.model).segments
    rows, data = [], []
    for change in [c for c in judged.named if c.kind == VALUES][:INPUTS]:
        found = where_moved(asked.reference.baseline, asked.reference.rows, asked.sample, keys, change.feature)
        for name, n, moved in sorted(found, key=lambda each: -each[2].value)[:SHOWN]:
            part = n / len(asked.sample)
            rows.append((change.feature, name, count(n), share(part), number(moved.value), interval(VALUES, moved)))
            data.append({"feature": change.feature, "segment": name, "n": n, "psi": moved.value})
    if not rows:
        return None
    text = "How far each input that changed moved inside each segment. Equal numbers mean it moved everywhere."
    table = Table(("Input", "Segment", "n", "of traffic", "PSI", "95 %"), tuple(rows), frozenset({2, 3, 4}))
    return Section("segments", "In which segments", (Text(text), table), {"segments": data})
