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
    sample Array(String) COMMENT 'rows kept as raw material for a baseline, JSON',
    labelled Array(String) COMMENT 'labels kept with their answers, for the watch on poisoned labels, JSON'
) ENGINE = ReplacingMergeTree(last)
ORDER BY (log_id, topic, partition, first, model, version, segment, minute_ns, baseline)
COMMENT 'what came after its minute had closed; shown and reported, never judged';

CREATE VIEW IF NOT EXISTS minutes_late_now AS SELECT * FROM minutes_late FINAL;
