"""Tables of what people are told: incidents that `correlate` writes, deliveries that the pager writes."""

from __future__ import annotations

from schemas.table import NAME, TIME, Column, Table

INCIDENTS = Table(
    "incidents",
    "one row per change of an incident",
    (
        Column("id", "String", "incident id"),
        Column("transition", "UInt32", "0, 1, 2, …"),
        Column("at", TIME, "event time of the change"),
        Column("alerts", "Array(String)", "alert ids"),
        Column("model", NAME, "model name"),
        Column("level", NAME, "suspected, ticket or page"),
        Column("state", NAME, "open, resolved, or merged into another"),
        Column("opened", TIME, "when it began"),
        Column("resolved", f"Nullable({TIME})", "when it ended"),
        Column("title", "String", "one line for a person"),
        Column("at_ns", "Int64", "event time of the change, ns"),
        Column("opened_ns", "Int64", "when it began, ns"),
        Column("cause", NAME, "what ties its alerts together"),
        Column("family", NAME, "family of the alert that says it best"),
        Column("rule", NAME, "its rule"),
        Column("lead", "String", "its id"),
        Column("models", "Array(String)", "models it touches"),
        Column("principals", "Array(String)", "who did it, if that is known"),
        Column("explained", "Array(String)", "alerts that its cause explains"),
        Column("reason", "String", "what this change was"),
        Column("content", "String", "JSON of the incident"),
    ),
    key=("id", "transition"),
)

DELIVERIES = Table(
    "deliveries",
    "one row per answer of a receiver to a page",
    (
        Column("at", TIME, "when, by the clock of the pager"),
        Column("at_ns", "Int64", "the same, ns"),
        Column("incident", "String", "incident id; the receiver knows the page by it"),
        Column("transition", "UInt32", "the change it tells of"),
        Column("receiver", NAME, "name of the receiver in the settings"),
        Column("kind", NAME, "trigger, update, acknowledge, resolve, reminder or escalation"),
        Column("level", NAME, "ticket or page, as it was told"),
        Column("answer", NAME, "accepted, again or never; held where a stage kept it back"),
        Column("detail", "String", "what the receiver said, or why it was kept back"),
        Column("attempt", "UInt32", "1, 2, 3, …"),
        Column("seconds", "Float64", "from the change being known to the pager to this answer"),
    ),
    key=("incident", "transition", "receiver", "kind", "attempt"),
)
