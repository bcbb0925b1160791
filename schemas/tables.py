"""ClickHouse tables as data: columns with their meaning, keys, and the view that removes duplicates.

Everything is written at least once and deduplicated by identity: `ReplacingMergeTree` on `key`, highest `version`
wins. Reads go through the view `<name>_now`, which is the table `FINAL`. Times are `DateTime64(3, 'UTC')` for people
and `*_ns` Int64 where exactness matters. Labels are never Nullable; a number that may be absent is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Column(NamedTuple):
    """One column: name, ClickHouse type, what it means."""

    name: str
    type: str
    doc: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `version` names the column whose highest value wins among rows with the same key; "" means any row."""

    name: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    version: str = ""
    partition: str = ""
    ttl_column: str = ""  # the DateTime64 column that `retention_days` applies to; "" keeps rows for ever

    @property
    def ddl(self) -> str:
        """The CREATE TABLE statement, as the migrations have it."""
        lines = ",\n".join(f"    {c.name} {c.type} COMMENT '{c.doc}'" for c in self.columns)
        engine = f"ReplacingMergeTree({self.version})"
        parts = f"\nPARTITION BY {self.partition}" if self.partition else ""
        return (
            f"CREATE TABLE IF NOT EXISTS {self.name} (\n{lines}\n) ENGINE = {engine}{parts}\n"
            f"ORDER BY ({', '.join(self.key)})\nCOMMENT '{self.doc}'"
        )

    @property
    def view_ddl(self) -> str:
        """The deduplicating view."""
        return f"CREATE VIEW IF NOT EXISTS {self.name}_now AS SELECT * FROM {self.name} FINAL"


TIME = "DateTime64(3, 'UTC')"
NAME = "LowCardinality(String)"
SOURCE = (
    Column("log_id", NAME, "topic UUID, or the run id where the broker has none"),
    Column("topic", NAME, "topic, or file name"),
    Column("partition", "UInt32", "partition; 0 for files"),
)
MODEL = (Column("model", NAME, "model name"), Column("version", NAME, "model version; empty if not given"))
COUNTS = (
    Column("vectors", "Map(String, Array(Int64))", "named integer counts; they merge by addition"),
    Column("principals", "Map(String, Array(Int64))", "principal to events, anomalous, failed"),
    Column("predictions", "Map(String, Int64)", "prediction to events"),
    Column("sample", "Array(String)", "rows kept as raw material for a baseline, JSON"),
)

EVENTS = Table(
    "events",
    "one row per inference",
    (
        *SOURCE,
        Column("offset", "Int64", "offset, or line number"),
        Column("ts", TIME, "when the model answered, as the record says"),
        *MODEL,
        Column("principal", "String", "who asked"),
        Column("id", "String", "request id"),
        Column("session", "String", "session id"),
        Column("segment", NAME, "segment as key=value pairs"),
        Column("status", NAME, "status as the record says"),
        Column("source_ip", "String", "address of the caller"),
        Column("prediction", NAME, "what the model answered"),
        Column("score", "Nullable(Float64)", "probability of the positive or predicted class"),
        Column("scores", "Array(Float32)", "class probabilities as given"),
        Column("latency_ms", "Nullable(Float64)", "how long the answer took, milliseconds"),
        Column("tokens_in", "Nullable(UInt32)", "tokens read"),
        Column("tokens_out", "Nullable(UInt32)", "tokens written"),
        Column("feature_set", "UInt64", "which features, in feature_sets"),
        Column("num", "Array(Float64)", "numeric features, in the order of the feature set; NaN if missing"),
        Column("cat", "Array(LowCardinality(String))", "categorical features, in the order of the feature set"),
        Column("label", NAME, "ground truth if the record carried it"),
        Column("baseline", NAME, "id of the baseline it was scored against; empty if none was known"),
        Column("anomaly", "Nullable(Float32)", "half-space score in 0 to 1, high is unusual; null without a baseline"),
        Column("flags", "UInt16", "bits: 1 future 2 late 4 unseen category 8 out of range 16 missing 32 anomalous"),
    ),
    key=("model", "ts", "log_id", "topic", "partition", "offset"),
    partition="toYYYYMMDD(ts)",
    ttl_column="ts",
)

FEATURE_SETS = Table(
    "feature_sets",
    "one row per set of feature names",
    (
        Column("id", "UInt64", "hash of the names"),
        Column("num_names", "Array(String)", "numeric feature names, sorted"),
        Column("cat_names", "Array(String)", "categorical feature names, sorted"),
    ),
    key=("id",),
)

EVENT_TEXT = Table(
    "event_text",
    "one row per prompt and response",
    (
        *SOURCE,
        Column("offset", "Int64", "offset, or line number"),
        Column("ts", TIME, "when the model answered"),
        Column("model", NAME, "model name"),
        Column("prompt_hash", "String", "keyed hash of the prompt"),
        Column("response_hash", "String", "keyed hash of the response"),
        Column("prompt_chars", "Int64", "length of the prompt in characters; -1 if there was none"),
        Column("response_chars", "Int64", "length of the response in characters; -1 if there was none"),
        Column("prompt", "String", "the prompt itself, only with text = plain"),
        Column("response", "String", "the response itself, only with text = plain"),
    ),
    key=("model", "ts", "log_id", "topic", "partition", "offset"),
    ttl_column="ts",
)

REJECTS = Table(
    "rejects",
    "one row per record that could not be read",
    (
        *SOURCE,
        Column("offset", "Int64", "offset, or line number"),
        Column("at", TIME, "the broker timestamp, or when it was read"),
        Column("reason", "String", "what was wrong"),
        Column("size", "UInt64", "bytes"),
        Column("digest", "String", "BLAKE2 of the bytes"),
        Column("raw", "String", "the first bytes, only if settings keep them"),
    ),
    key=("topic", "partition", "offset", "log_id"),
    ttl_column="at",
)

BLOCKS = Table(
    "blocks",
    "one row per block: the unit of commit and of replay",
    (
        *SOURCE,
        Column("first", "Int64", "first offset"),
        Column("last", "Int64", "last offset stored so far"),
        Column("stage", "UInt8", "0 open, 1 ended; an ended block never changes"),
        Column("opened", TIME, "when its first record was read"),
        Column("ended", TIME, "when its end was recorded"),
        Column("baselines", "Map(String, String)", "model and version to baseline id, chosen at the first record"),
        Column("events", "UInt64", "events stored"),
        Column("rejects", "UInt64", "records rejected"),
        Column("future", "UInt64", "events ahead of the clock"),
        Column("late", "UInt64", "events behind the watermark"),
        Column("unknown_keys", "UInt64", "values under keys that are not read"),
        Column("start_watermark_ns", "Int64", "largest event time before the block"),
        Column("watermark_ns", "Int64", "largest event time up to last"),
        Column("rank", "Int64", "ended blocks win, then the longest"),
    ),
    key=("log_id", "topic", "partition", "first"),
    version="rank",
)

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
    partition="toYYYYMM(minute)",
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
    "one row per model and week: all state the judge carries, as plain columns",
    (
        Column("model", NAME, "model name"),
        Column("shard", "UInt32", "partition of mirqab.summaries"),
        Column("week", TIME, "Monday 00:00 UTC of event time"),
        Column("week_ns", "Int64", "the same, ns"),
        Column("state", "String", "JSON of the carried state: recent readings per series, open alerts, learning progress"),
        Column("content_hash", "String", "BLAKE2 of state"),
        Column("generation", "Int64", "consumer generation of the judge"),
    ),
    key=("shard", "model", "week_ns"),
    version="generation",
)

SERIES = (
    *MODEL,
    Column("metric", NAME, "what is measured"),
    Column("feature", NAME, "feature; empty if the metric is about the whole model"),
    Column("principal", "String", "principal; empty if the metric is about all"),
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
    key=("model", "version", "metric", "feature", "principal", "at_ns"),
    version="generation",
    partition="toYYYYMM(at)",
)

SIGNALS = Table(
    "signals",
    "one row per detector statement that was not quiet",
    (
        Column("rule", NAME, "rule id"),
        Column("detector", NAME, "detector"),
        *SERIES,
        Column("at", TIME, "end of the pane"),
        Column("at_ns", "Int64", "end of the pane, ns"),
        Column("verdict", NAME, "breach, or not enough data"),
        Column("n", "Int64", "sample size"),
        Column("value", "Nullable(Float64)", "the reading"),
        Column("expected", "Nullable(Float64)", "what was expected"),
        Column("p", "Nullable(Float64)", "p-value; null for detectors that only say yes or no"),
        Column("effect", "Nullable(Float64)", "effect size"),
        Column("baseline", NAME, "baseline id"),
        Column("reason", "String", "one sentence"),
        Column("generation", "Int64", "consumer generation of the judge"),
    ),
    key=("rule", "model", "version", "metric", "feature", "principal", "at_ns"),
    version="generation",
    partition="toYYYYMM(at)",
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
        Column("state", NAME, "open or resolved"),
        Column("opened", TIME, "when it began"),
        Column("resolved", f"Nullable({TIME})", "when it ended"),
        Column("title", "String", "one line for a person"),
    ),
    key=("id", "transition"),
)

LABELS = Table(
    "labels",
    "ground truth that arrived later, joined to the stored score",
    (
        *SOURCE,
        Column("offset", "Int64", "offset of the label record"),
        Column("ts", TIME, "when the label arrived"),
        Column("model", NAME, "model name"),
        Column("version", NAME, "version that answered; empty while unmatched"),
        Column("id", "String", "request id"),
        Column("label", NAME, "ground truth"),
        Column("source", NAME, "who gave it"),
        Column("matched", "UInt8", "1 once the answer was found"),
        Column("matched_block", "Int64", "first offset of the label block in which it was matched; -1 while waiting"),
        Column("served_ts", f"Nullable({TIME})", "when the model answered"),
        Column("prediction", NAME, "what the model had answered"),
        Column("score", "Nullable(Float64)", "its score"),
    ),
    key=("log_id", "topic", "partition", "offset"),
    version="matched",
)

BASELINES = Table(
    "baselines",
    "one row per baseline",
    (
        *MODEL,
        Column("number", "UInt32", "1, 2, … per model version"),
        Column("id", "String", "hash of the content"),
        Column("origin", NAME, "learnt or given"),
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

TABLES: tuple[Table, ...] = (
    EVENTS,
    FEATURE_SETS,
    EVENT_TEXT,
    REJECTS,
    BLOCKS,
    CLOSES,
    MINUTES,
    MINUTES_LATE,
    PROFILES,
    READINGS,
    SIGNALS,
    ALERTS,
    INCIDENTS,
    LABELS,
    BASELINES,
    SCHEMA_META,
)
BY_NAME = {table.name: table for table in TABLES}
