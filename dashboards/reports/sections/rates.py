"""False alarms: what is promised, what was measured on healthy days, and what people said of this week's alerts."""

from __future__ import annotations

from collections import Counter

from dashboards.console.words import count, iso, number
from dashboards.reports.document import Facts, Section, Text
from dashboards.reports.judged import Judged

PLACE = 90


def section(judged: Judged) -> Section | None:
    asked, judge = judged.asked, judged.asked.settings.judge
    tickets, pages = judge.false_tickets_per_week, judge.false_pages_per_month
    promise = f"{tickets:g} {_few('false ticket', tickets)} a week, {pages:g} {_few('false page', pages)} a month"
    pairs = [("Promised to the team", f"at most {promise}")]
    said = Counter(a["verdict"] or "not judged yet" for a in asked.alerts if a["level"] != "suspected")
    if said:
        pairs.append(("This week's tickets and pages", ", ".join(f"{n} {word}" for word, n in sorted(said.items()))))
    notes = []
    if asked.rates:
        row = asked.rates[0]
        drawn = f"in {row['weeks']} {_few('week', row['weeks'])} drawn from {row['days']} healthy days"
        text = f"{count(row['tickets'])} false tickets and {count(row['pages'])} pages {drawn}"
        allowed = f"{number(row['tickets_promised'])} and {number(row['pages_promised'])}"
        pairs.append((f"Measured {iso(row['at_ns'])[:10]}", f"{text}; this model's share of the promise: {allowed}"))
    else:
        notes.append(Text("Not measured yet: run `mirqab rates` once a week."))
    return Section("rates", "False alarms", (Facts(tuple(pairs)), *notes), {"verdicts": dict(said)})


def _few(what: str, number: float) -> str:
    return what if number == 1 else f"{what}s"
