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
