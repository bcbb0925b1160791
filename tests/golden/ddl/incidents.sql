CREATE TABLE IF NOT EXISTS incidents (
    id String COMMENT 'incident id',
    transition UInt32 COMMENT '0, 1, 2, …',
    at DateTime64(3, 'UTC') COMMENT 'event time of the change',
    alerts Array(String) COMMENT 'alert ids',
    model LowCardinality(String) COMMENT 'model name',
    level LowCardinality(String) COMMENT 'suspected, ticket or page',
    state LowCardinality(String) COMMENT 'open or resolved',
    opened DateTime64(3, 'UTC') COMMENT 'when it began',
    resolved Nullable(DateTime64(3, 'UTC')) COMMENT 'when it ended',
    title String COMMENT 'one line for a person'
) ENGINE = ReplacingMergeTree()
ORDER BY (id, transition)
COMMENT 'one row per change of an incident';

CREATE VIEW IF NOT EXISTS incidents_now AS SELECT * FROM incidents FINAL;
