"""Tables that `observe` and `labels` write: events, texts, rejects, blocks, labels."""

from __future__ import annotations

from schemas.table import MODEL, NAME, SOURCE, TIME, Column, Table, month

PART = Column("part", "UInt16", "place among the events of one record; 0 where a record is one event")

EVENTS = Table(
    "events",
    "one row per inference",
    (
        *SOURCE,
        Column("offset", "Int64", "offset, or line number", "Delta(8), LZ4"),
        PART,
        Column("ts", TIME, "when the model answered, as the record says", "Delta(8), LZ4"),
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
        Column(
            "flags",
            "UInt16",
            "bits: 1 future 2 late 4 unseen category 8 out of range 16 missing 32 anomalous 64 attack by text 128 leak",
        ),
        Column("text_score", "Nullable(Float32)", "how much the prompt looks like an attack, 0 to 1; null without one"),
        Column("asked", "Array(LowCardinality(String))", "kinds of findings in the prompt"),
        Column("told", "Array(LowCardinality(String))", "kinds of findings in the response"),
    ),
    key=("model", "ts", "log_id", "topic", "partition", "offset", "part"),
    partition=month("ts"),
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
        PART,
        Column("ts", TIME, "when the model answered"),
        Column("model", NAME, "model name"),
        Column("prompt_hash", "String", "keyed hash of the prompt"),
        Column("response_hash", "String", "keyed hash of the response"),
        Column("prompt_chars", "Int64", "length of the prompt in characters; -1 if there was none"),
        Column("response_chars", "Int64", "length of the response in characters; -1 if there was none"),
        Column("prompt", "String", "the prompt itself with text = plain, sealed with text = encrypted"),
        Column("response", "String", "the response itself with text = plain, sealed with text = encrypted"),
        Column("key", "String", "id of the data key that seals both, in text_keys; empty if they are not sealed"),
    ),
    key=("model", "ts", "log_id", "topic", "partition", "offset", "part"),
    ttl_column="ts",
)

TEXT_KEYS = Table(
    "text_keys",
    "one row per data key that texts of a principal are sealed with; without its key a text is erased",
    (
        Column("id", "String", "id of the key"),
        Column("principal", "String", "whose texts it seals; empty for those of nobody"),
        Column("wrapped", "String", "the key, sealed by a master key, base64; empty once erased"),
        Column("master", NAME, "name of the master key, which says nothing of it"),
        Column("at", TIME, "when it was made, wrapped again or erased"),
        Column("erased", "UInt8", "1 once erased"),
        Column("rank", "Int64", "how often it was wrapped before; the highest counts, an erasure for ever"),
    ),
    key=("id",),
    version="rank",
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

ASSETS = Table(
    "assets",
    "one row per model version and file it was loaded from, as far as its log says",
    (
        *MODEL,
        Column("artifact", "String", "hash of the file"),
        Column("first", TIME, "when it answered first"),
        Column("first_ns", "Int64", "the same, ns"),
        Column("rank", "Int64", "minus first_ns: of two writers the earlier time counts"),
    ),
    key=("model", "version", "artifact"),
    version="rank",
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
