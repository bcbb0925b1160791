"""How well each rule did: what it found, and what people said of it. Drills and measured false alarms beside it."""

from __future__ import annotations

from dashboards.console.words import count, iso, number, share
from dashboards.reports.document import Section, Table, Text
from dashboards.reports.evidence import Pack
from monitors.weekly.worth import wilson

PLACE = 30
NAME = "effectiveness"
HEADS = ("Rule", "Technique", "Alerts", "Pages", "Tickets", "Real", "False", "Expected", "Right, of those judged")


async def evidence(pack: Pack) -> Section:
    told = {row["rule"]: row for row in await pack.ask("evidence_alerts")}
    rates = await pack.ask("error_rates_newest")
    cells, data, gaps = [], [], []
    for id, rule in pack.rules.items():
        row = told.get(id)
        if row is None:
            continue
        judged = row["was_real"] + row["was_false"]
        low, high = wilson(row["was_real"] / judged, judged) if judged else (0.0, 1.0)
        right = f"{share(row['was_real'] / judged)} ({share(low)} to {share(high)})" if judged else "none judged"
        numbers = tuple(count(row[k]) for k in ("alerts", "pages", "tickets", "was_real", "was_false", "was_expected"))
        cells.append((id, rule.technique or "–", *numbers, right))
        data.append(
            {"rule": id, "technique": rule.technique, **{k: int(row[k]) for k in ("alerts", "was_real", "was_false")}}
        )
        if not judged and row["pages"] + row["tickets"]:
            gaps.append(
                f"rule {id}: {count(row['pages'] + row['tickets'])} tickets and pages, none judged real or false"
            )
    quiet = [id for id in pack.rules if id not in told]
    if quiet:
        gaps.append(f"{len(quiet)} rules gave no alert, so nothing here shows that they work: {', '.join(quiet)}")
    measured = tuple(
        (
            *(r["model"], iso(r["at_ns"])[:10], count(r["weeks"]), count(r["tickets"])),
            *(number(r["tickets_promised"]), count(r["pages"]), number(r["pages_promised"])),
        )
        for r in rates
    )
    if not measured:
        gaps.append("the rate of false alarms was never measured (`mirqab rates`)")
    heads = ("Model", "Measured", "Weeks", "False tickets", "promised", "False pages", "promised")
    blocks = (
        Table(HEADS, tuple(cells), frozenset(range(2, 8))) if cells else Text("No rule gave an alert in this time."),
        Table(heads, measured, frozenset(range(2, 7))) if measured else Text("False alarms were not measured."),
    )
    return Section(NAME, "Effectiveness of the monitors", blocks, {"rules": data, "gaps": gaps})
