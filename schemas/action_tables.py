"""The table of what people did: acknowledged, judged, noted, silenced, approved."""

from __future__ import annotations

from schemas.table import NAME, TIME, Column, Table

ACTIONS = Table(
    "actions",
    "one row per act of a person; rows are only ever added",
    (
        Column("kind", NAME, "on what kind of thing: baseline, alert, …"),
        Column("subject", "String", "id of the thing"),
        Column("at", TIME, "when, by the clock of the machine it was done on"),
        Column("at_ns", "Int64", "the same, ns"),
        Column("id", "String", "hash of the act"),
        Column("action", NAME, "acknowledge, verdict, note, silence or approve"),
        Column("value", "String", "what was chosen, such as a verdict; empty if nothing was"),
        Column("actor", "String", "who did it"),
        Column("reason", "String", "why"),
    ),
    key=("kind", "subject", "at_ns", "id"),
)
