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
