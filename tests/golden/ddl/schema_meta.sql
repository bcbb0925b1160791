CREATE TABLE IF NOT EXISTS schema_meta (
    name String COMMENT 'which fact',
    value String COMMENT 'its value',
    at_ns Int64 COMMENT 'when it was written; the newest wins'
) ENGINE = ReplacingMergeTree(at_ns)
ORDER BY (name)
COMMENT 'what the stored data were made with';

CREATE VIEW IF NOT EXISTS schema_meta_now AS SELECT * FROM schema_meta FINAL;
