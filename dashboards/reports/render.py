"""A document as one HTML file that loads nothing, as JSON, and as a short mail."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import jinja2

from dashboards.console.words import iso
from dashboards.reports.document import Document, Facts, Table, Text

LOADER = jinja2.PackageLoader("dashboards.reports", "templates")


class Made(NamedTuple):
    """A finished report, ready to be stored or written. `row` has the columns of the table `reports`."""

    row: dict[str, Any]

    @property
    def name(self) -> str:
        """Of a file, without its ending; nothing of a model's name but letters, digits and hyphens is in it."""
        model = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in self.row["model"])
        return "_".join(part for part in (self.row["kind"], model, self.row["period"]) if part)


def made(document: Document) -> Made:
    """All three forms."""
    names = ("kind", "model", "period", "from_ns", "until_ns", "made_ns", "verdict", "summary")
    row = {name: getattr(document, name) for name in names}
    return Made({**row, "html": html(document), "json": as_json(document), "text": mail(document)})


def html(document: Document) -> str:
    """The page: escaped everywhere, no script, no address that a browser would ask."""
    environment = jinja2.Environment(
        loader=LOADER, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["iso"] = iso
    return environment.get_template("report.html").render(report=document)


def as_json(document: Document) -> str:
    """For programs: the verdict, and each section's data by its name."""
    head = {name: getattr(document, name) for name in ("kind", "model", "period", "verdict", "summary")}
    head |= {"from": iso(document.from_ns), "until": iso(document.until_ns), "made": iso(document.made_ns)}
    return json.dumps({**head, "sections": {s.name: s.data for s in document.sections if s.data}}, ensure_ascii=False)


def plain(document: Document) -> str:
    """All of it for a terminal or a plain file; a table is one line a row, its columns below one another."""
    lines = [*mail(document).splitlines()]
    for section in document.sections:
        lines += ["", section.title.upper()]
        for block in section.blocks:
            if isinstance(block, Text):
                lines.append(block.text)
            elif isinstance(block, Facts):
                lines += [f"  {name}: {value}" for name, value in block.pairs]
            elif isinstance(block, Table):
                lines += _aligned(block)
    return "\n".join("".join(c if c.isprintable() else " " for c in line) for line in lines) + "\n"


def _aligned(table: Table) -> list[str]:
    rows = (table.heads, *table.rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.heads))]
    return ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def mail(document: Document) -> str:
    """A few lines; what a log said is shown without what would break them."""
    lines = [f"{document.title}: {document.verdict}", document.subtitle, "", *document.sentences]
    return "\n".join("".join(c if c.isprintable() else " " for c in line) for line in lines) + "\n"
