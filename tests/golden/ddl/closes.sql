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
