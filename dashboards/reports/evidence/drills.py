"""Drills: which troubles, put into a shadow of each model's traffic, were seen, how fast, and by which rule."""

from __future__ import annotations

from dashboards.console.words import clock_time, count, duration, share
from dashboards.reports.document import Section, Table, Text
from dashboards.reports.evidence import Pack
from monitors.drills import STRENGTHS
from monitors.drills.lost import SEEN

PLACE = 35
NAME = "drills"
SECOND_NS = 1_000_000_000
HEADS = ("Model", "Kind", "Strength", "Seen as", "After", "Records", "Dummy", "Faithful", "By", "Run")


async def evidence(pack: Pack) -> Section:
    rows = await pack.ask("drills_newest")
    cells, marked, gaps = [], set(), []
    untried: dict[tuple[str, str], dict[str, None]] = {}  # kinds, by model and why
    for i, row in enumerate(rows):
        after = None if row["seconds"] is None else row["seconds"] * SECOND_NS
        records = f"{count(row['records'])} of {count(row['injected'])}"
        told = (
            "not tried" if row["untried"] else row["level"] or "not seen",
            duration(after),
            records,
            share(row["dummy"]),
            share(row["fidelity"]),
        )
        cells.append(
            (row["model"], row["kind"], row["strength"], *told, ", ".join(row["rules"]), clock_time(row["at_ns"]))
        )
        what = f"{row['model']}: {row['strength']} {row['kind']}"
        if row["untried"]:
            untried.setdefault((row["model"], row["untried"]), {})[row["kind"]] = None
        elif row["lost"]:
            marked.add(i)
            gaps.append(f"{what} was seen by an earlier drill and is not any more")
        elif row["strength"] == STRENGTHS[-1] and row["level"] not in SEEN:
            gaps.append(f"{what} is seen by no ticket or page")
    gaps += [f"{model}: {', '.join(kinds)} could not be tried: {why}" for (model, why), kinds in untried.items()]
    if not rows:
        gaps.append("no drill was run (`mirqab drill`)")
    block = Table(HEADS, tuple(cells), marked=frozenset(marked)) if cells else Text("No drill was run in this time.")
    keys = ("model", "kind", "strength", "level", "seconds", "records", "lost", "untried")
    data = {"drills": [{k: row[k] for k in keys} for row in rows], "gaps": gaps}
    return Section(NAME, "Drills", (block,), data)
