"""Changes of rules, settings and baselines: when, and who approved them."""

from __future__ import annotations

from dashboards.console.words import clock_time, count
from dashboards.reports.document import Section, Table, Text
from dashboards.reports.evidence import Pack

PLACE = 40
NAME = "changes"


async def evidence(pack: Pack) -> Section:
    baselines = [
        b for b in await pack.ask("baselines_of", model="") if pack.from_ns <= b["learnt_to_ns"] < pack.until_ns
    ]
    acts = await pack.ask("evidence_acts")
    approvals = {a["subject"]: a for a in acts if a["action"] == "approve"}
    hashes = await pack.ask("evidence_hashes")
    cells, gaps = [], []
    for row in baselines:
        by = approvals.get(row["id"])
        who = f"{by['actor']}: {by['reason']}" if by else "nobody in this time"
        name = f"{row['model']} {row['version']}".strip()
        cells.append((name, str(row["number"]), row["id"], row["origin"], clock_time(row["learnt_to_ns"]), who))
        if not by:
            gaps.append(f"baseline {row['number']} of {name} ({row['id']}) was approved by nobody in this time")
    rules = []
    for n, row in enumerate(hashes):
        by = approvals.get(row["rules_hash"])
        who = f"{by['actor']}: {by['reason']}" if by else "nobody in this time"
        first, last = clock_time(row["first_ns"]), clock_time(row["last_ns"])
        rules.append((row["rules_hash"], first, last, count(row["alerts"]), who))
        if n and not by:
            gaps.append(f"rules or settings changed to {row['rules_hash']} ({first}), and nobody approved them here")
    states = ("Rules and settings", "First alert", "Last alert", "Alerts", "Approved by")
    heads = ("Model", "Number", "Id", "Origin", "Learnt until", "Approved by")
    blocks = (
        Table(heads, tuple(cells)) if cells else Text("No baseline was made in this time."),
        Table(states, tuple(rules), frozenset({3})) if rules else Text("No alert says under which rules was judged."),
    )
    data = {"baselines": [list(c) for c in cells], "rules": [list(r) for r in rules], "gaps": gaps}
    return Section(NAME, "Changes of rules, settings and baselines", blocks, data)
