"""The table of drills: what was put into a shadow of a model's traffic, and which monitors saw it."""

from __future__ import annotations

from schemas.table import NAME, TIME, Column, Table

DRILLS = Table(
    "drills",
    "one row per drill of a model, kind and strength; nothing of it is in any other table",
    (
        Column("at", TIME, "when it was run"),
        Column("at_ns", "Int64", "the same, ns"),
        Column("model", NAME, "model name"),
        Column("version", NAME, "model version"),
        Column("kind", NAME, "kind of drill, a module of monitors/drills/kinds"),
        Column("strength", NAME, "weak, medium or strong"),
        Column("level", NAME, "highest level of an alert that saw it; empty if none did"),
        Column("rules", "Array(String)", "rules that saw it, the first first"),
        Column(
            "seconds", "Nullable(Float64)", "from its begin to the first ticket or page; to a suspicion if that is all"
        ),
        Column("records", "Nullable(Int64)", "records changed or added until then"),
        Column("injected", "Int64", "records changed or added in all"),
        Column("dummy", "Float64", "chance that alarms at random, as often as promised, would have hit that time"),
        Column("fidelity", "Float64", "share of logged answers that the surrogate gives too"),
        Column("lost", "UInt8", "1 if drills saw it before and do not see it any more"),
        Column("untried", "String", "why it could not be tried; empty if it was"),
        Column("failed", "UInt8", "1 if running it failed; untried says that too"),
        Column("rules_hash", NAME, "hash of rules and settings it was judged under"),
    ),
    key=("model", "kind", "strength", "at_ns"),
)
