-- Files that model versions were loaded from.

CREATE TABLE IF NOT EXISTS assets (
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    artifact String COMMENT 'hash of the file',
    first DateTime64(3, 'UTC') COMMENT 'when it answered first',
    first_ns Int64 COMMENT 'the same, ns',
    rank Int64 COMMENT 'minus first_ns: of two writers the earlier time counts'
) ENGINE = ReplacingMergeTree(rank)
ORDER BY (model, version, artifact)
COMMENT 'one row per model version and file it was loaded from, as far as its log says';

CREATE VIEW IF NOT EXISTS assets_now AS SELECT * FROM assets FINAL;
