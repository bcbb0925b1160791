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
    labelled Array(String) COMMENT 'labels kept with their answers, for the watch on poisoned labels, JSON',
    shard UInt32 COMMENT 'partition of mirqab.summaries',
    generation Int64 COMMENT 'consumer generation of the judge'
) ENGINE = ReplacingMergeTree(generation)
PARTITION BY if((minute >= '2020-01-01') AND (minute < '2050-01-01'), toYYYYMM(minute), 0)
ORDER BY (model, version, segment, minute_ns, baseline)
COMMENT 'one row per model, version, segment, minute: the merged summary that judge replays';

CREATE VIEW IF NOT EXISTS minutes_now AS SELECT * FROM minutes FINAL;
