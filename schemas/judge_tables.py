"""Tables that `judge` writes: closes, minutes, readings, signals, alerts, and what they rest on."""

from __future__ import annotations

from schemas.table import COUNTS, MODEL, NAME, SOURCE, TIME, Column, Table, month

CLOSES = Table(
    "closes",
    "one row per closed minute of a partition of the summaries topic, written before it is judged",
    (
        Column("shard", "UInt32", "partition of mirqab.summaries"),
        Column("minute", TIME, "start of the minute"),
        Column("minute_ns", "Int64", "start of the minute, ns"),
        Column("position", "Int64", "offset in mirqab.summaries up to which messages counted"),
        Column("floor", "Int64", "oldest offset in mirqab.summaries still needed after this close"),
        Column("tick", TIME, "the tick that closed it"),
        Column("sources", "String", "JSON: per source partition its watermark, last offset and idleness"),
        Column("generation", "Int64", "consumer generation of the judge"),
    ),
    key=("shard", "minute_ns"),
    version="generation",
)

MINUTES = Table(
    "minutes",
    "one row per model, version, segment, minute: the merged summary that judge replays",
    (
        *MODEL,
        Column("segment", NAME, "segment; empty is the whole model"),
        Column("minute", TIME, "start of the minute"),
        Column("minute_ns", "Int64", "start of the minute, ns"),
        Column("baseline", NAME, "baseline id the events were scored against"),
        *COUNTS,
        Column("shard", "UInt32", "partition of mirqab.summaries"),
        Column("generation", "Int64", "consumer generation of the judge"),
    ),
    key=("model", "version", "segment", "minute_ns", "baseline"),
    version="generation",
    partition=month("minute"),
)

PRINCIPAL_MINUTES = Table(
    "principal_minutes",
    "one row per model, version, minute, principal: the signatures of its queries that attack monitors saw",
    (
        *MODEL,
        Column("minute", TIME, "start of the minute"),
        Column("minute_ns", "Int64", "start of the minute, ns"),
        Column("baseline", NAME, "baseline id the features were coded by"),
        Column("principal", "String", "who asked"),
        Column("turn", "Int64", "hour by which it was chosen, hours since 1970"),
        Column("width", "UInt32", "features in a signature"),
        Column("queries", "String", "packed signatures (schemas/queries.py), base64"),
        Column("shard", "UInt32", "partition of mirqab.summaries"),
        Column("generation", "Int64", "consumer generation of the judge"),
    ),
    key=("model", "version", "minute_ns", "baseline", "principal"),
    version="generation",
    partition=month("minute"),
)

TEXT_MINUTES = Table(
    "text_minutes",
    "one row per model, version, minute, principal: digests of its texts, from which principals are judged",
    (
        *MODEL,
        Column("minute", TIME, "start of the minute"),
        Column("minute_ns", "Int64", "start of the minute, ns"),
        Column("baseline", NAME, "baseline id the events were scored against"),
        Column("principal", "String", "who asked"),
        Column("turn", "Int64", "hour by which it was chosen, hours since 1970"),
        Column("texts", "Array(String)", "digests (schemas/texts.py), JSON; excerpts in them are masked"),
        Column("shard", "UInt32", "partition of mirqab.summaries"),
        Column("generation", "Int64", "consumer generation of the judge"),
    ),
    key=("model", "version", "minute_ns", "baseline", "principal"),
    version="generation",
    partition=month("minute"),
)

MINUTES_LATE = Table(
    "minutes_late",
    "what came after its minute had closed; shown and reported, never judged",
    (
        *SOURCE,
        Column("first", "Int64", "first offset of the block it came in"),
        Column("last", "Int64", "last offset"),
        *MODEL,
        Column("segment", NAME, "segment"),
        Column("minute", TIME, "start of the minute it belongs to"),
        Column("minute_ns", "Int64", "start of the minute, ns"),
        Column("baseline", NAME, "baseline id"),
        *COUNTS,
    ),
    key=("log_id", "topic", "partition", "first", "model", "version", "segment", "minute_ns", "baseline"),
    version="last",
)

PROFILES = Table(
    "profiles",
    "one row per model, version, segment and six hours: all state the judge carries, as plain columns",
    (
        *MODEL,
        Column("segment", NAME, "segment; empty is the whole model"),
        Column("shard", "UInt32", "partition of mirqab.summaries"),
        Column("at", TIME, "00:00, 06:00, 12:00 or 18:00 UTC of event time, or the first pane after it"),
        Column("at_ns", "Int64", "the same, ns"),
        Column(
            "state", "String", "JSON of the carried state: recent readings per series, open alerts, learning progress"
        ),
        Column("content_hash", "String", "BLAKE2 of state"),
        Column("generation", "Int64", "consumer generation of the judge"),
    ),
    key=("shard", "model", "at_ns", "version", "segment"),
    version="generation",
    ttl_column="at",
)

SERIES = (
    *MODEL,
    Column("metric", NAME, "what is measured"),
    Column("feature", NAME, "feature; empty if the metric is about the whole model"),
    Column("principal", "String", "principal; empty if the metric is about all"),
    Column("segment", NAME, "segment, such as channel=web; empty is the whole model"),
)
READINGS = Table(
    "readings",
    "one row per metric and pane",
    (
        *SERIES,
        Column("at", TIME, "end of the pane"),
        Column("at_ns", "Int64", "end of the pane, ns"),
        Column("n", "Int64", "sample size"),
        Column("value", "Nullable(Float64)", "the value; null means not enough data"),
        Column("expected", "Nullable(Float64)", "what the baseline leads one to expect"),
        Column("p", "Nullable(Float64)", "p-value against the baseline"),
        Column("effect", "Nullable(Float64)", "effect size in the unit the rule states"),
        Column("baseline", NAME, "baseline id"),
        Column("detail", "String", "JSON evidence"),
        Column("generation", "Int64", "consumer generation of the judge"),
    ),
    key=("model", "version", "metric", "feature", "principal", "at_ns", "segment"),
    version="generation",
    partition=month("at"),
)

SIGNALS = Table(
    "signals",
    "one row per breach a detector stated",
    (
        Column("rule", NAME, "rule id"),
        Column("detector", NAME, "detector"),
        *SERIES,
        Column("at", TIME, "end of the pane"),
        Column("at_ns", "Int64", "end of the pane, ns"),
        Column("verdict", NAME, "breach"),
        Column("n", "Int64", "sample size"),
        Column("value", "Nullable(Float64)", "the reading"),
        Column("expected", "Nullable(Float64)", "what was expected"),
        Column("p", "Nullable(Float64)", "p-value; null for detectors that only say yes or no"),
        Column("effect", "Nullable(Float64)", "effect size"),
        Column("baseline", NAME, "baseline id"),
        Column("reason", "String", "one sentence"),
        Column("generation", "Int64", "consumer generation of the judge"),
    ),
    key=("rule", "model", "version", "metric", "feature", "principal", "at_ns", "segment"),
    version="generation",
    partition=month("at"),
)

ALERTS = Table(
    "alerts",
    "one row per transition of an alert",
    (
        Column("id", "String", "hash of rule, series and first pane"),
        Column("transition", "UInt32", "0, 1, 2, …"),
        Column("at", TIME, "event time of the transition"),
        Column("at_ns", "Int64", "the same, ns"),
        Column("reason", "String", "why this transition"),
        Column("level", NAME, "suspected, ticket or page after the transition; the highest reached if resolved"),
        Column("state", NAME, "open or resolved"),
        Column("rule", NAME, "rule id"),
        Column("family", NAME, "drift, anomaly, fault, …"),
        *SERIES,
        Column("principals", "Array(String)", "only those who did it"),
        Column("first_seen", TIME, "first evidence"),
        Column("first_seen_ns", "Int64", "the same, ns"),
        Column("opened", f"Nullable({TIME})", "first at ticket level or above"),
        Column("resolved", f"Nullable({TIME})", "when it ended"),
        Column("p", "Nullable(Float64)", "p-value at this transition"),
        Column("effect", "Nullable(Float64)", "effect size at this transition"),
        Column("n", "Int64", "sample size at this transition"),
        Column("summary", "String", "one sentence for a person"),
        Column("technique", NAME, "MITRE ATLAS technique id"),
        Column("baseline", NAME, "baseline id"),
        Column("rules_hash", NAME, "hash of rules and settings it was judged under"),
        Column("evidence", "String", "JSON: expected and observed, contributors"),
        Column("transitions", "String", "JSON: all transitions so far"),
        Column("generation", "Int64", "consumer generation of the judge"),
    ),
    key=("id", "transition"),
    version="generation",
)

NOTICES = Table(
    "notices",
    "one row per alert that was told before its minute closed, and one for what became of it",
    (
        *ALERTS.columns,
        Column("early", NAME, "told, and then confirmed, joined or withdrawn at a close"),
        Column("told_as", "String", "the alert of the ledger that it joined"),
        Column("known", TIME, "when this was known, by the clock of the line"),
        Column("shard", "UInt32", "partition of mirqab.summaries"),
        Column("content", "String", "JSON of the alert"),
    ),
    key=("id", "transition"),
    version="generation",
)

BASELINES = Table(
    "baselines",
    "one row per baseline",
    (
        *MODEL,
        Column("number", "UInt32", "1, 2, … per model version"),
        Column("id", "String", "hash of the content"),
        Column("origin", NAME, "learnt, given or proposed"),
        Column("learnt_from", TIME, "first minute learnt from"),
        Column("learnt_to", TIME, "end of the last minute learnt from"),
        Column("events", "UInt64", "events in that time"),
        Column("rows", "UInt64", "rows sampled"),
        Column("content", "String", "JSON of the baseline"),
    ),
    key=("model", "version", "number", "id"),
)

SCHEMA_META = Table(
    "schema_meta",
    "what the stored data were made with",
    (
        Column("name", "String", "which fact"),
        Column("value", "String", "its value"),
        Column("at_ns", "Int64", "when it was written; the newest wins"),
    ),
    key=("name",),
    version="at_ns",
)
