"""Decisions by segment: how each part of the traffic differs from the rest, with its interval."""

from __future__ import annotations

from dashboards.console.words import count, number, share
from dashboards.reports.document import Section, Table, Text
from dashboards.reports.judged import Judged
from dashboards.reports.say import p_value, points_signed
from monitors.weekly.changes import DECISION

PLACE = 50
FOUR_FIFTHS = 0.8
TEXT = (
    "Share of the decision “{decision}” in each segment, against all other traffic of the week. A difference is a "
    "reason to look, not a proof of unfairness: segments differ in more than their name. Its interval is for each "
    "by itself, p of all for every segment together; marked are certain differences whose ratio lies outside 0.80 to "
    "1.25."
)


def section(judged: Judged) -> Section | None:
    found = judged.disparities
    if not found:
        return None
    decision = next((c.feature for c in judged.changes if c.kind == DECISION), "")
    alpha = judged.asked.settings.reports.false_share
    rows, marked, data = [], set(), []
    for i, each in enumerate(found):
        apart = each.ratio is not None and not FOUR_FIFTHS <= each.ratio <= 1 / FOUR_FIFTHS
        if apart and each.p_all <= alpha:
            marked.add(i)
        d = each.disparity
        between = f"{points_signed(d.low)} to {points_signed(d.high)}"
        cells = (share(each.traffic_before), share(each.traffic), share(each.share), share(each.rest))
        tail = (points_signed(d.value), between, number(each.ratio), p_value(each.p_all))
        rows.append((each.name, count(each.n), *cells, *tail))
        data.append({"segment": each.name, "n": each.n, "share": each.share, "rest": each.rest, "marked": i in marked})
    shares = ("traffic before", "traffic now", f"“{decision}” here", "elsewhere", "points apart")
    heads = ("Segment", "n", *shares, "95 %", "ratio", "p of all")
    table = Table(heads, tuple(rows), frozenset({1, 2, 3, 4, 5, 6, 8}), frozenset(marked))
    return Section(
        "fairness", "Decisions by segment", (Text(TEXT.format(decision=decision)), table), {"disparities": data}
    )
