-- 0001: every table and its deduplicating view.
--
-- Rows are written at least once. ReplacingMergeTree keeps one row per ORDER BY key, the one with the highest version;
-- <table>_now is the table read so that duplicates never show. Run with `mirqab migrate`, which records it in
-- schema_migrations; its text must not change once it was applied. Rendered from schemas/tables.py, and tested equal.

CREATE TABLE IF NOT EXISTS events (
    log_id LowCardinality(String) COMMENT 'topic UUID, or the run id where the broker has none',
    topic LowCardinality(String) COMMENT 'topic, or file name',
    partition UInt32 COMMENT 'partition; 0 for files',
    offset Int64 COMMENT 'offset, or line number',
    ts DateTime64(3, 'UTC') COMMENT 'when the model answered, as the record says',
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    principal String COMMENT 'who asked',
    id String COMMENT 'request id',
    session String COMMENT 'session id',
    segment LowCardinality(String) COMMENT 'segment as key=value pairs',
    status LowCardinality(String) COMMENT 'status as the record says',
    source_ip String COMMENT 'address of the caller',
    prediction LowCardinality(String) COMMENT 'what the model answered',
    score Nullable(Float64) COMMENT 'probability of the positive or predicted class',
    scores Array(Float32) COMMENT 'class probabilities as given',
    latency_ms Nullable(Float64) COMMENT 'how long the answer took, milliseconds',
    tokens_in Nullable(UInt32) COMMENT 'tokens read',
    tokens_out Nullable(UInt32) COMMENT 'tokens written',
    feature_set UInt64 COMMENT 'which features, in feature_sets',
    num Array(Float64) COMMENT 'numeric features, in the order of the feature set; NaN if missing',
    cat Array(LowCardinality(String)) COMMENT 'categorical features, in the order of the feature set',
    label LowCardinality(String) COMMENT 'ground truth if the record carried it',
    baseline LowCardinality(String) COMMENT 'id of the baseline it was scored against; empty if none was known',
    anomaly Nullable(Float32) COMMENT 'half-space score in 0 to 1, high is unusual; null without a baseline',
    flags UInt16 COMMENT 'bits: 1 future 2 late 4 unseen category 8 out of range 16 missing 32 anomalous'
) ENGINE = ReplacingMergeTree()
PARTITION BY if((ts >= '2020-01-01') AND (ts < '2050-01-01'), toYYYYMM(ts), 0)
ORDER BY (model, ts, log_id, topic, partition, offset)
COMMENT 'one row per inference';

CREATE VIEW IF NOT EXISTS events_now AS SELECT * FROM events FINAL;

CREATE TABLE IF NOT EXISTS feature_sets (
    id UInt64 COMMENT 'hash of the names',
    num_names Array(String) COMMENT 'numeric feature names, sorted',
    cat_names Array(String) COMMENT 'categorical feature names, sorted'
) ENGINE = ReplacingMergeTree()
ORDER BY (id)
COMMENT 'one row per set of feature names';

CREATE VIEW IF NOT EXISTS feature_sets_now AS SELECT * FROM feature_sets FINAL;

CREATE TABLE IF NOT EXISTS event_text (
    log_id LowCardinality(String) COMMENT 'topic UUID, or the run id where the broker has none',
    topic LowCardinality(String) COMMENT 'topic, or file name',
    partition UInt32 COMMENT 'partition; 0 for files',
    offset Int64 COMMENT 'offset, or line number',
    ts DateTime64(3, 'UTC') COMMENT 'when the model answered',
    model LowCardinality(String) COMMENT 'model name',
    prompt_hash String COMMENT 'keyed hash of the prompt',
    response_hash String COMMENT 'keyed hash of the response',
    prompt_chars Int64 COMMENT 'length of the prompt in characters; -1 if there was none',
    response_chars Int64 COMMENT 'length of the response in characters; -1 if there was none',
    prompt String COMMENT 'the prompt itself, only with text = plain',
    response String COMMENT 'the response itself, only with text = plain'
) ENGINE = ReplacingMergeTree()
ORDER BY (model, ts, log_id, topic, partition, offset)
COMMENT 'one row per prompt and response';

CREATE VIEW IF NOT EXISTS event_text_now AS SELECT * FROM event_text FINAL;

CREATE TABLE IF NOT EXISTS rejects (
    log_id LowCardinality(String) COMMENT 'topic UUID, or the run id where the broker has none',
    topic LowCardinality(String) COMMENT 'topic, or file name',
    partition UInt32 COMMENT 'partition; 0 for files',
    offset Int64 COMMENT 'offset, or line number',
    at DateTime64(3, 'UTC') COMMENT 'the broker timestamp, or when it was read',
    reason String COMMENT 'what was wrong',
    size UInt64 COMMENT 'bytes',
    digest String COMMENT 'BLAKE2 of the bytes',
    raw String COMMENT 'the first bytes, only if settings keep them'
) ENGINE = ReplacingMergeTree()
ORDER BY (topic, partition, offset, log_id)
COMMENT 'one row per record that could not be read';

CREATE VIEW IF NOT EXISTS rejects_now AS SELECT * FROM rejects FINAL;

CREATE TABLE IF NOT EXISTS blocks (
    log_id LowCardinality(String) COMMENT 'topic UUID, or the run id where the broker has none',
    topic LowCardinality(String) COMMENT 'topic, or file name',
    partition UInt32 COMMENT 'partition; 0 for files',
    first Int64 COMMENT 'first offset',
    last Int64 COMMENT 'last offset stored so far',
    stage UInt8 COMMENT '0 open, 1 ended; an ended block never changes',
    opened DateTime64(3, 'UTC') COMMENT 'when its first record was read',
    ended DateTime64(3, 'UTC') COMMENT 'when its end was recorded',
    baselines Map(String, String) COMMENT 'model and version to baseline id, chosen at the first record',
    events UInt64 COMMENT 'events stored',
    rejects UInt64 COMMENT 'records rejected',
    future UInt64 COMMENT 'events ahead of the clock',
    late UInt64 COMMENT 'events behind the watermark',
    unknown_keys UInt64 COMMENT 'values under keys that are not read',
    start_watermark_ns Int64 COMMENT 'largest event time before the block',
    watermark_ns Int64 COMMENT 'largest event time up to last',
    rank Int64 COMMENT 'ended blocks win, then the longest'
) ENGINE = ReplacingMergeTree(rank)
ORDER BY (log_id, topic, partition, first)
COMMENT 'one row per block: the unit of commit and of replay';

CREATE VIEW IF NOT EXISTS blocks_now AS SELECT * FROM blocks FINAL;

CREATE TABLE IF NOT EXISTS closes (
    shard UInt32 COMMENT 'partition of mirqab.summaries',
    minute DateTime64(3, 'UTC') COMMENT 'start of the minute',
    minute_ns Int64 COMMENT 'start of the minute, ns',
    position Int64 COMMENT 'offset in mirqab.summaries up to which messages counted',
    floor Int64 COMMENT 'oldest offset in mirqab.summaries still needed after this close',
    tick DateTime64(3, 'UTC') COMMENT 'the tick that closed it',
    sources String COMMENT 'JSON: per source partition its watermark, last offset and idleness',
    generation Int64 COMMENT 'consumer generation of the judge'
) ENGINE = ReplacingMergeTree(generation)
ORDER BY (shard, minute_ns)
COMMENT 'one row per closed minute of a partition of the summaries topic, written before it is judged';

CREATE VIEW IF NOT EXISTS closes_now AS SELECT * FROM closes FINAL;

CREATE TABLE IF NOT EXISTS minutes (
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    segment LowCardinality(String) COMMENT 'segment; empty is the whole model',
    minute DateTime64(3, 'UTC') COMMENT 'start of the minute',
    minute_ns Int64 COMMENT 'start of the minute, ns',
    baseline LowCardinality(String) COMMENT 'baseline id the events were scored against',
    vectors Map(String, Array(Int64)) COMMENT 'named integer counts; they merge by addition',
    principals Map(String, Array(Int64)) COMMENT 'principal to events, anomalous, failed',
    predictions Map(String, Int64) COMMENT 'prediction to events',
    sample Array(String) COMMENT 'rows kept as raw material for a baseline, JSON',
    shard UInt32 COMMENT 'partition of mirqab.summaries',
    generation Int64 COMMENT 'consumer generation of the judge'
) ENGINE = ReplacingMergeTree(generation)
PARTITION BY if((minute >= '2020-01-01') AND (minute < '2050-01-01'), toYYYYMM(minute), 0)
ORDER BY (model, version, segment, minute_ns, baseline)
COMMENT 'one row per model, version, segment, minute: the merged summary that judge replays';

CREATE VIEW IF NOT EXISTS minutes_now AS SELECT * FROM minutes FINAL;

CREATE TABLE IF NOT EXISTS minutes_late (
    log_id LowCardinality(String) COMMENT 'topic UUID, or the run id where the broker has none',
    topic LowCardinality(String) COMMENT 'topic, or file name',
    partition UInt32 COMMENT 'partition; 0 for files',
    first Int64 COMMENT 'first offset of the block it came in',
    last Int64 COMMENT 'last offset',
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    segment LowCardinality(String) COMMENT 'segment',
    minute DateTime64(3, 'UTC') COMMENT 'start of the minute it belongs to',
    minute_ns Int64 COMMENT 'start of the minute, ns',
    baseline LowCardinality(String) COMMENT 'baseline id',
    vectors Map(String, Array(Int64)) COMMENT 'named integer counts; they merge by addition',
    principals Map(String, Array(Int64)) COMMENT 'principal to events, anomalous, failed',
    predictions Map(String, Int64) COMMENT 'prediction to events',
    sample Array(String) COMMENT 'rows kept as raw material for a baseline, JSON'
) ENGINE = ReplacingMergeTree(last)
ORDER BY (log_id, topic, partition, first, model, version, segment, minute_ns, baseline)
COMMENT 'what came after its minute had closed; shown and reported, never judged';

CREATE VIEW IF NOT EXISTS minutes_late_now AS SELECT * FROM minutes_late FINAL;

CREATE TABLE IF NOT EXISTS profiles (
    model LowCardinality(String) COMMENT 'model name',
    shard UInt32 COMMENT 'partition of mirqab.summaries',
    week DateTime64(3, 'UTC') COMMENT 'Monday 00:00 UTC of event time',
    week_ns Int64 COMMENT 'the same, ns',
    state String COMMENT 'JSON of the carried state: recent readings per series, open alerts, learning progress',
    content_hash String COMMENT 'BLAKE2 of state',
    generation Int64 COMMENT 'consumer generation of the judge'
) ENGINE = ReplacingMergeTree(generation)
ORDER BY (shard, model, week_ns)
COMMENT 'one row per model and week: all state the judge carries, as plain columns';

CREATE VIEW IF NOT EXISTS profiles_now AS SELECT * FROM profiles FINAL;

CREATE TABLE IF NOT EXISTS readings (
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    metric LowCardinality(String) COMMENT 'what is measured',
    feature LowCardinality(String) COMMENT 'feature; empty if the metric is about the whole model',
    principal String COMMENT 'principal; empty if the metric is about all',
    at DateTime64(3, 'UTC') COMMENT 'end of the pane',
    at_ns Int64 COMMENT 'end of the pane, ns',
    n Int64 COMMENT 'sample size',
    value Nullable(Float64) COMMENT 'the value; null means not enough data',
    expected Nullable(Float64) COMMENT 'what the baseline leads one to expect',
    p Nullable(Float64) COMMENT 'p-value against the baseline',
    effect Nullable(Float64) COMMENT 'effect size in the unit the rule states',
    baseline LowCardinality(String) COMMENT 'baseline id',
    detail String COMMENT 'JSON evidence',
    generation Int64 COMMENT 'consumer generation of the judge'
) ENGINE = ReplacingMergeTree(generation)
PARTITION BY if((at >= '2020-01-01') AND (at < '2050-01-01'), toYYYYMM(at), 0)
ORDER BY (model, version, metric, feature, principal, at_ns)
COMMENT 'one row per metric and pane';

CREATE VIEW IF NOT EXISTS readings_now AS SELECT * FROM readings FINAL;

CREATE TABLE IF NOT EXISTS signals (
    rule LowCardinality(String) COMMENT 'rule id',
    detector LowCardinality(String) COMMENT 'detector',
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    metric LowCardinality(String) COMMENT 'what is measured',
    feature LowCardinality(String) COMMENT 'feature; empty if the metric is about the whole model',
    principal String COMMENT 'principal; empty if the metric is about all',
    at DateTime64(3, 'UTC') COMMENT 'end of the pane',
    at_ns Int64 COMMENT 'end of the pane, ns',
    verdict LowCardinality(String) COMMENT 'breach',
    n Int64 COMMENT 'sample size',
    value Nullable(Float64) COMMENT 'the reading',
    expected Nullable(Float64) COMMENT 'what was expected',
    p Nullable(Float64) COMMENT 'p-value; null for detectors that only say yes or no',
    effect Nullable(Float64) COMMENT 'effect size',
    baseline LowCardinality(String) COMMENT 'baseline id',
    reason String COMMENT 'one sentence',
    generation Int64 COMMENT 'consumer generation of the judge'
) ENGINE = ReplacingMergeTree(generation)
PARTITION BY if((at >= '2020-01-01') AND (at < '2050-01-01'), toYYYYMM(at), 0)
ORDER BY (rule, model, version, metric, feature, principal, at_ns)
COMMENT 'one row per breach a detector stated';

CREATE VIEW IF NOT EXISTS signals_now AS SELECT * FROM signals FINAL;

CREATE TABLE IF NOT EXISTS alerts (
    id String COMMENT 'hash of rule, series and first pane',
    transition UInt32 COMMENT '0, 1, 2, …',
    at DateTime64(3, 'UTC') COMMENT 'event time of the transition',
    at_ns Int64 COMMENT 'the same, ns',
    reason String COMMENT 'why this transition',
    level LowCardinality(String) COMMENT 'suspected, ticket or page after the transition; the highest reached if resolved',
    state LowCardinality(String) COMMENT 'open or resolved',
    rule LowCardinality(String) COMMENT 'rule id',
    family LowCardinality(String) COMMENT 'drift, anomaly, fault, …',
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    metric LowCardinality(String) COMMENT 'what is measured',
    feature LowCardinality(String) COMMENT 'feature; empty if the metric is about the whole model',
    principal String COMMENT 'principal; empty if the metric is about all',
    principals Array(String) COMMENT 'only those who did it',
    first_seen DateTime64(3, 'UTC') COMMENT 'first evidence',
    first_seen_ns Int64 COMMENT 'the same, ns',
    opened Nullable(DateTime64(3, 'UTC')) COMMENT 'first at ticket level or above',
    resolved Nullable(DateTime64(3, 'UTC')) COMMENT 'when it ended',
    p Nullable(Float64) COMMENT 'p-value at this transition',
    effect Nullable(Float64) COMMENT 'effect size at this transition',
    n Int64 COMMENT 'sample size at this transition',
    summary String COMMENT 'one sentence for a person',
    technique LowCardinality(String) COMMENT 'MITRE ATLAS technique id',
    baseline LowCardinality(String) COMMENT 'baseline id',
    rules_hash LowCardinality(String) COMMENT 'hash of rules and settings it was judged under',
    evidence String COMMENT 'JSON: expected and observed, contributors',
    transitions String COMMENT 'JSON: all transitions so far',
    generation Int64 COMMENT 'consumer generation of the judge'
) ENGINE = ReplacingMergeTree(generation)
ORDER BY (id, transition)
COMMENT 'one row per transition of an alert';

CREATE VIEW IF NOT EXISTS alerts_now AS SELECT * FROM alerts FINAL;

CREATE TABLE IF NOT EXISTS incidents (
    id String COMMENT 'incident id',
    transition UInt32 COMMENT '0, 1, 2, …',
    at DateTime64(3, 'UTC') COMMENT 'event time of the change',
    alerts Array(String) COMMENT 'alert ids',
    model LowCardinality(String) COMMENT 'model name',
    level LowCardinality(String) COMMENT 'suspected, ticket or page',
    state LowCardinality(String) COMMENT 'open or resolved',
    opened DateTime64(3, 'UTC') COMMENT 'when it began',
    resolved Nullable(DateTime64(3, 'UTC')) COMMENT 'when it ended',
    title String COMMENT 'one line for a person'
) ENGINE = ReplacingMergeTree()
ORDER BY (id, transition)
COMMENT 'one row per change of an incident';

CREATE VIEW IF NOT EXISTS incidents_now AS SELECT * FROM incidents FINAL;

CREATE TABLE IF NOT EXISTS labels (
    log_id LowCardinality(String) COMMENT 'topic UUID, or the run id where the broker has none',
    topic LowCardinality(String) COMMENT 'topic, or file name',
    partition UInt32 COMMENT 'partition; 0 for files',
    offset Int64 COMMENT 'offset of the label record',
    ts DateTime64(3, 'UTC') COMMENT 'when the label arrived',
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'version that answered; empty while unmatched',
    id String COMMENT 'request id',
    label LowCardinality(String) COMMENT 'ground truth',
    source LowCardinality(String) COMMENT 'who gave it',
    matched UInt8 COMMENT '1 once the answer was found',
    matched_block Int64 COMMENT 'first offset of the label block in which it was matched; -1 while waiting',
    served_ts Nullable(DateTime64(3, 'UTC')) COMMENT 'when the model answered',
    prediction LowCardinality(String) COMMENT 'what the model had answered',
    score Nullable(Float64) COMMENT 'its score'
) ENGINE = ReplacingMergeTree(matched)
ORDER BY (log_id, topic, partition, offset)
COMMENT 'ground truth that arrived later, joined to the stored score';

CREATE VIEW IF NOT EXISTS labels_now AS SELECT * FROM labels FINAL;

CREATE TABLE IF NOT EXISTS baselines (
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    number UInt32 COMMENT '1, 2, … per model version',
    id String COMMENT 'hash of the content',
    origin LowCardinality(String) COMMENT 'learnt or given',
    learnt_from DateTime64(3, 'UTC') COMMENT 'first minute learnt from',
    learnt_to DateTime64(3, 'UTC') COMMENT 'end of the last minute learnt from',
    events UInt64 COMMENT 'events in that time',
    rows UInt64 COMMENT 'rows sampled',
    content String COMMENT 'JSON of the baseline'
) ENGINE = ReplacingMergeTree()
ORDER BY (model, version, number, id)
COMMENT 'one row per baseline';

CREATE VIEW IF NOT EXISTS baselines_now AS SELECT * FROM baselines FINAL;

CREATE TABLE IF NOT EXISTS schema_meta (
    name String COMMENT 'which fact',
    value String COMMENT 'its value',
    at_ns Int64 COMMENT 'when it was written; the newest wins'
) ENGINE = ReplacingMergeTree(at_ns)
ORDER BY (name)
COMMENT 'what the stored data were made with';

CREATE VIEW IF NOT EXISTS schema_meta_now AS SELECT * FROM schema_meta FINAL;
