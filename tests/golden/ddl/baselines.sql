CREATE TABLE IF NOT EXISTS baselines (
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    number UInt32 COMMENT '1, 2, … per model version',
    id String COMMENT 'hash of the content',
    origin LowCardinality(String) COMMENT 'learnt, given or proposed',
    learnt_from DateTime64(3, 'UTC') COMMENT 'first minute learnt from',
    learnt_to DateTime64(3, 'UTC') COMMENT 'end of the last minute learnt from',
    events UInt64 COMMENT 'events in that time',
    rows UInt64 COMMENT 'rows sampled',
    content String COMMENT 'JSON of the baseline'
) ENGINE = ReplacingMergeTree()
ORDER BY (model, version, number, id)
COMMENT 'one row per baseline';

CREATE VIEW IF NOT EXISTS baselines_now AS SELECT * FROM baselines FINAL;
