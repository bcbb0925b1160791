"""What people did: acknowledgements, verdicts, notes, silences, approvals, each with who and why."""

from __future__ import annotations

from collections import Counter

from dashboards.console.words import clock_time, count, iso
from dashboards.reports.document import Section, Table, Text
from dashboards.reports.evidence import Pack
from schemas.actions import ACCESS

PLACE = 50
NAME = "acts"
SHOWN = 200


async def evidence(pack: Pack) -> Section:
    rows = [a for a in await pack.ask("evidence_acts") if a["action"] not in ACCESS]
    by = Counter((a["actor"], a["action"]) for a in rows)
    total = tuple((actor, action, count(n)) for (actor, action), n in sorted(by.items()))
    shown = tuple(
        (clock_time(a["at_ns"]), a["actor"], a["action"], f"{a['kind']} {a['subject']}", a["value"], a["reason"])
        for a in rows[-SHOWN:]
    )
    gaps: list[str] = []
    if not rows:
        blocks: tuple[Table | Text, ...] = (Text("Nobody did anything in this time."),)
        gaps.append("no act of a person is recorded in this time: human oversight is not shown")
    else:
        heads = ("When", "Who", "Did", "On", "Chose", "Why")
        blocks = (Table(("Who", "Did", "Times"), total, frozenset({2})), Table(heads, shown))
    keys = ("actor", "action", "kind", "subject", "value", "reason")
    data = {"acts": [{k: a[k] for k in keys} | {"at": iso(a["at_ns"])} for a in rows], "gaps": gaps}
    return Section(NAME, "What people did", blocks, data)
