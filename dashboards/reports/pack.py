"""The evidence pack as files by name: an index for people, and each kind of evidence for programs.

Nothing is written here: `streams.packing` writes them, sums them up in a manifest and signs that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from dashboards.console.words import iso
from dashboards.reader import Reader
from dashboards.reports import evidence
from dashboards.reports.controls import table
from dashboards.reports.document import Document, Section, Table, Text
from dashboards.reports.render import as_json, html
from schemas.rules import Rule
from schemas.settings import Settings


async def files(
    reader: Reader, settings: Settings, rules: Iterable[Rule], from_ns: int, until_ns: int, now_ns: int
) -> dict[str, str]:
    """File name -> text. Raises StoreUnavailable or StoreRefused."""
    pack = evidence.Pack(reader, settings, {rule.id: rule for rule in rules}, from_ns, until_ns, now_ns)
    sections = [await module.evidence(pack) for module in evidence.modules()]
    gaps = [(section.title, gap) for section in sections for gap in section.data["gaps"]]
    block = Table(("Evidence", "What is not there"), tuple(gaps)) if gaps else Text("No gap was found.")
    listed = Section("gaps", "Gaps", (block,), {"gaps": [f"{title}: {gap}" for title, gap in gaps]})
    index = Document(
        kind="evidence",
        title="Evidence pack",
        subtitle=f"{iso(from_ns)} to {iso(until_ns)}",
        model="",
        period=f"{iso(from_ns)[:10]}_{iso(until_ns)[:10]}",
        from_ns=from_ns,
        until_ns=until_ns,
        made_ns=now_ns,
        verdict=f"{len(gaps)} gaps" if gaps else "no gap found",
        sentences=(
            f"{len(sections)} kinds of evidence for {len(table(sections).data['controls'])} controls.",
            "Every file is listed with its sum in manifest.json; `mirqab report verify` checks them.",
        ),
        sections=(table(sections), listed, *sections),
    )
    found = {"index.html": html(index), "index.json": as_json(index)}
    for section in (*sections, table(sections)):
        found[f"{section.name}.json"] = json.dumps(section.data, ensure_ascii=False, indent=1)
    return found
