CREATE TABLE IF NOT EXISTS events (
    log_id LowCardinality(String) COMMENT 'topic UUID, or the run id where the broker has none',
    topic LowCardinality(String) COMMENT 'topic, or file name',
    partition UInt32 COMMENT 'partition; 0 for files',
    offset Int64 COMMENT 'offset, or line number' CODEC(Delta(8), LZ4),
    part UInt16 COMMENT 'place among the events of one record; 0 where a record is one event',
    ts DateTime64(3, 'UTC') COMMENT 'when the model answered, as the record says' CODEC(Delta(8), LZ4),
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
    flags UInt16 COMMENT 'bits: 1 future 2 late 4 unseen category 8 out of range 16 missing 32 anomalous 64 attack by text 128 leak',
    text_score Nullable(Float32) COMMENT 'how much the prompt looks like an attack, 0 to 1; null without one',
    asked Array(LowCardinality(String)) COMMENT 'kinds of findings in the prompt',
    told Array(LowCardinality(String)) COMMENT 'kinds of findings in the response'
) ENGINE = ReplacingMergeTree()
PARTITION BY if((ts >= '2020-01-01') AND (ts < '2050-01-01'), toYYYYMM(ts), 0)
ORDER BY (model, ts, log_id, topic, partition, offset, part)
COMMENT 'one row per inference';

CREATE VIEW IF NOT EXISTS events_now AS SELECT * FROM events FINAL;
