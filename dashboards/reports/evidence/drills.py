"""Drills: which troubles, put into a shadow of each model's traffic, were seen, how fast, and by which rule."""

from __future__ import annotations

from dashboards.console.words import count, duration, iso, share
from dashboards.reports.document import Section, Table, Text
from dashboards.reports.evidence import Pack

PLACE = 35
NAME = "drills"
SECOND_NS = 1_000_000_000
HEADS = ("Model", "Kind", "Strength", "Seen as", "After", "Records", "Dummy", "Faithful", "By", "Run")


async def evidence(pack: Pack) -> Section:
    rows = await pack.ask("drills_newest")
    cells, marked, gaps = [], set(), []
    for i, row in enumerate(rows):
        after = None if row["seconds"] is None else row["seconds"] * SECOND_NS
        records = f"{count(row['records'])} of {count(row['injected'])}"
        told = (row["level"] or "not seen", duration(after), records, share(row["dummy"]), share(row["fidelity"]))
        cells.append((row["model"], row["kind"], row["strength"], *told, ", ".join(row["rules"]), iso(row["at_ns"])))
        what = f"{row['model']}: {row['strength']} {row['kind']}"
        if row["lost"]:
            marked.add(i)
            gaps.append(f"{what} was seen by an earlier drill and is not any more")
        elif row["strength"] == "strong" and row["level"] in ("", "suspected"):
            gaps.append(f"{what} is seen by no ticket or page")
    if not rows:
        gaps.append("no drill was run (`mirqab drill`)")
    block = Table(HEADS, tuple(cells), marked=frozenset(marked)) if cells else Text("No drill was run in this time.")
    keys = ("model", "kind", "strength", "level", "seconds", "records", "lost")
    data = {"drills": [{k: row[k] for k in keys} for row in rows], "gaps": gaps}
    return Section(NAME, "Drills", (block,), data)
