"""Whether the log is whole: records read, stored, rejected, late; offsets that are missing; how far back it reaches."""

from __future__ import annotations

from dashboards.console.words import count, duration, iso
from dashboards.reports.document import Facts, Section, Table, Text
from dashboards.reports.evidence import Pack

PLACE = 60
NAME = "integrity"
HALF_YEAR_NS = 183 * 86_400 * 1_000_000_000
HEADS = ("Topic", "Partition", "Offsets", "Stored", "Rejected", "Late", "Ahead", "Offsets missing")


async def evidence(pack: Pack) -> Section:
    rows = await pack.ask("evidence_records")
    oldest = (await pack.ask("evidence_oldest"))[0]
    cells, gaps, missing = [], [], 0
    for row in rows:
        lost = max(0, int(row["last_offset"]) - int(row["first_offset"]) + 1 - int(row["offsets"]))
        missing += lost
        keys = ("offsets", "events", "rejects", "late", "future")
        cells.append((row["topic"], str(row["partition"]), *(count(row[k]) for k in keys), count(lost)))
    if missing:
        gaps.append(f"{count(missing)} offsets lie in no recorded block: removed by retention, or never read")
    days = pack.settings.store.retention_days
    kept = f"{days} days" if days else "for ever"
    if days and days * 86_400 * 1_000_000_000 < HALF_YEAR_NS:
        gaps.append(f"events are kept {days} days (store.retention_days); six months are often asked for")
    age = pack.now_ns - oldest["events_ns"] if oldest["events_ns"] else None
    facts = Facts(
        (
            ("Events, texts and rejects are kept", kept),
            ("Oldest stored event", f"{iso(oldest['events_ns']) or 'none'}, {duration(age)} old"),
            ("Texts are kept as", pack.settings.privacy.text),
            ("Principals are replaced by pseudonyms", "yes" if pack.settings.privacy.pseudonyms else "no"),
        )
    )
    block = Table(HEADS, tuple(cells), frozenset(range(1, 8))) if cells else Text("No record was read in this time.")
    data = {"partitions": [list(cell) for cell in cells], "missing": missing, "retention_days": days, "gaps": gaps}
    return Section(NAME, "Whether the log is whole", (facts, block), data)
