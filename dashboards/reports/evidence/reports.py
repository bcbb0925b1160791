"""Which reports were made about this time, and their verdicts."""

from __future__ import annotations

from dashboards.console.words import clock_time
from dashboards.reports.document import Section, Table, Text
from dashboards.reports.evidence import Pack

PLACE = 70
NAME = "reports"


async def evidence(pack: Pack) -> Section:
    rows = [r for r in await pack.ask("reports_of", kind="", model="", limit=20_000)
            if r["until_ns"] > pack.from_ns and r["from_ns"] < pack.until_ns]  # fmt: skip
    cells = tuple(
        (r["kind"], r["model"] or "all", r["period"], r["verdict"], r["summary"], clock_time(r["made_ns"]))
        for r in rows
    )
    gaps = [] if any(r["kind"] == "weekly" for r in rows) else ["no weekly report was made about this time"]
    heads = ("Kind", "Model", "About", "Verdict", "In short", "Made")
    block = Table(heads, cells) if cells else Text("No report was made about this time.")
    data = {"reports": [{k: r[k] for k in ("kind", "model", "period", "verdict")} for r in rows], "gaps": gaps}
    return Section(NAME, "Reports", (block,), data)
