-- Profiles are written every six hours. Those of before are dropped: a first start judges all stored closes again.

DROP VIEW IF EXISTS profiles_now;

DROP TABLE IF EXISTS profiles;

CREATE TABLE IF NOT EXISTS profiles (
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    segment LowCardinality(String) COMMENT 'segment; empty is the whole model',
    shard UInt32 COMMENT 'partition of mirqab.summaries',
    at DateTime64(3, 'UTC') COMMENT '00:00, 06:00, 12:00 or 18:00 UTC of event time, or the first pane after it',
    at_ns Int64 COMMENT 'the same, ns',
    state String COMMENT 'JSON of the carried state: recent readings per series, open alerts, learning progress',
    content_hash String COMMENT 'BLAKE2 of state',
    generation Int64 COMMENT 'consumer generation of the judge'
) ENGINE = ReplacingMergeTree(generation)
ORDER BY (shard, model, at_ns, version, segment)
COMMENT 'one row per model, version, segment and six hours: all state the judge carries, as plain columns';

CREATE VIEW IF NOT EXISTS profiles_now AS SELECT * FROM profiles FINAL;
