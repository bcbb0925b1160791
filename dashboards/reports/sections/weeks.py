"""This week beside the ones before: traffic, failures, the commonest answer, and what earlier reports said."""

from __future__ import annotations

from dashboards.console.words import count, share
from dashboards.reports.document import Section, Table, Text
from dashboards.reports.judged import Judged
from dashboards.reports.weeks import Week

PLACE = 70


def section(judged: Judged) -> Section | None:
    asked = judged.asked
    if not asked.weeks:
        return None
    said = {row["period"]: row for row in asked.earlier}
    totals: dict[str, int] = {}
    for row in asked.weeks:
        for answer, n in row["answers"].items():
            totals[answer] = totals.get(answer, 0) + int(n)
    common = max(totals, key=lambda name: (totals[name], name), default="")
    rows, data = [], []
    for row in asked.weeks:
        name, n = Week(row["week_ns"]).name, int(row["events"])
        if not n:
            continue
        answered = row["answers"].get(common, 0) / n if common else None
        report = said.get(name)
        verdict = "this report" if name == asked.week.name else report["verdict"] if report else "no report"
        rows.append((name, count(n), share(row["failed"] / n), share(answered), verdict))
        data.append({"week": name, "events": n, "failed": int(row["failed"])})
    if not rows:
        return None
    heads = ("Week", "Answers", "failed", f"answered “{common}”" if common else "answered", "Verdict")
    marked = frozenset(i for i, row in enumerate(rows) if row[0] == asked.week.name)
    text = "Counted from closed minutes; the first and the last week of a model may not be whole."
    table = Table(heads, tuple(rows), frozenset({1, 2, 3}), marked)
    return Section("weeks", "Week by week", (table, Text(text)), {"weeks": data})
