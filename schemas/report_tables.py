"""The table of reports that were made: what was sent is what is kept."""

from __future__ import annotations

from schemas.table import NAME, TIME, Column, Table

REPORTS = Table(
    "reports",
    "one row per report; made again, the newer replaces the older",
    (
        Column("kind", NAME, "weekly, incident, …"),
        Column("model", NAME, "model name; empty if it is about several"),
        Column("period", "String", "what it is about: a week such as 2026-W47, an incident id, …"),
        Column("from_ns", "Int64", "begin of the time it is about, ns"),
        Column("until_ns", "Int64", "end of that time, ns"),
        Column("made", TIME, "when it was made, by the clock of the models"),
        Column("made_ns", "Int64", "the same, ns"),
        Column("verdict", NAME, "the verdict in a word"),
        Column("summary", "String", "the verdict in two sentences"),
        Column("html", "String", "the page, complete in itself", "ZSTD(3)"),
        Column("json", "String", "the same for programs", "ZSTD(3)"),
        Column("text", "String", "the same as a short mail"),
    ),
    key=("kind", "model", "period"),
    version="made_ns",
)
