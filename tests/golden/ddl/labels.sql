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
