"""The table of measured rates of false alarms, beside what was promised."""

from __future__ import annotations

from schemas.table import NAME, TIME, Column, Table

ERROR_RATES = Table(
    "error_rates",
    "one row per model and measurement: false alarms in weeks drawn from its healthy days, beside the promise",
    (
        Column("at", TIME, "when it was measured, by the clock of the machine"),
        Column("at_ns", "Int64", "the same, ns"),
        Column("model", NAME, "model name"),
        Column("days", "UInt32", "healthy days that were drawn from"),
        Column("weeks", "UInt32", "weeks drawn and judged"),
        Column("tickets", "UInt32", "false tickets in those weeks, pages among them"),
        Column("pages", "UInt32", "false pages in those weeks"),
        Column("tickets_promised", "Float64", "what the budget allows one model in those weeks"),
        Column("pages_promised", "Float64", "what the budget allows one model in those weeks"),
        Column("rules_hash", NAME, "hash of rules and settings it was judged under"),
    ),
    key=("at_ns", "model"),
)
