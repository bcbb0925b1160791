"""Incidents with their clocks: seen, told, acknowledged, judged, over."""

from __future__ import annotations

from dashboards.console.words import clock_time, duration, iso
from dashboards.reports.document import Section, Table, Text
from dashboards.reports.evidence import Pack

PLACE = 20
NAME = "incidents"


async def evidence(pack: Pack) -> Section:
    rows = await pack.ask("evidence_incidents")
    cells, data, gaps = [], [], []
    for row in rows:
        wait = {name: row[f"{name}_ns"] - row["opened_ns"] if row[f"{name}_ns"] else None for name in
                ("acknowledged", "judged", "resolved")}  # fmt: skip
        clocks = [f"after {duration(after)}" if after is not None else "not yet" for after in wait.values()]
        told = f"{row['accepted']} of {row['told']} took it" if row["told"] else "nobody"
        about = (row["id"], clock_time(row["opened_ns"]), row["level"], row["title"])
        cells.append((*about, told, *clocks, row["said"] or "none yet"))
        data.append({k: row[k] for k in ("id", "level", "state", "title", "said")} | {"models": list(row["models"])}
                    | {"opened": iso(row["opened_ns"]), **{f"{k}_after_ns": v for k, v in wait.items()}})  # fmt: skip
        if row["level"] == "page" and not row["accepted"]:
            gaps.append(f"incident {row['id']}: a page that no receiver accepted")
        if not row["said"]:
            gaps.append(f"incident {row['id']}: nobody has judged it")
    heads = ("Incident", "Began", "Level", "What", "Told", "Acknowledged", "Judged", "Over", "Verdict")
    block = Table(heads, tuple(cells)) if cells else Text("No incident began in this time.")
    return Section(NAME, "Incidents", (block,), {"incidents": data, "gaps": gaps})
