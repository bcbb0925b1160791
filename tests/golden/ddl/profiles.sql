CREATE TABLE IF NOT EXISTS profiles (
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    segment LowCardinality(String) COMMENT 'segment; empty is the whole model',
    shard UInt32 COMMENT 'partition of mirqab.summaries',
    week DateTime64(3, 'UTC') COMMENT 'Monday 00:00 UTC of event time',
    week_ns Int64 COMMENT 'the same, ns',
    state String COMMENT 'JSON of the carried state: recent readings per series, open alerts, learning progress',
    content_hash String COMMENT 'BLAKE2 of state',
    generation Int64 COMMENT 'consumer generation of the judge'
) ENGINE = ReplacingMergeTree(generation)
ORDER BY (shard, model, week_ns, version, segment)
COMMENT 'one row per model, version, segment and week: all state the judge carries, as plain columns';

CREATE VIEW IF NOT EXISTS profiles_now AS SELECT * FROM profiles FINAL;
