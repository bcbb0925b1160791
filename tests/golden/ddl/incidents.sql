CREATE TABLE IF NOT EXISTS incidents (
    id String COMMENT 'incident id',
    transition UInt32 COMMENT '0, 1, 2, …',
    at DateTime64(3, 'UTC') COMMENT 'event time of the change',
    alerts Array(String) COMMENT 'alert ids',
    model LowCardinality(String) COMMENT 'model name',
    level LowCardinality(String) COMMENT 'suspected, ticket or page',
    state LowCardinality(String) COMMENT 'open, resolved, or merged into another',
    opened DateTime64(3, 'UTC') COMMENT 'when it began',
    resolved Nullable(DateTime64(3, 'UTC')) COMMENT 'when it ended',
    title String COMMENT 'one line for a person',
    at_ns Int64 COMMENT 'event time of the change, ns',
    opened_ns Int64 COMMENT 'when it began, ns',
    cause LowCardinality(String) COMMENT 'what ties its alerts together',
    family LowCardinality(String) COMMENT 'family of the alert that says it best',
    rule LowCardinality(String) COMMENT 'its rule',
    lead String COMMENT 'its id',
    models Array(String) COMMENT 'models it touches',
    principals Array(String) COMMENT 'who did it, if that is known',
    explained Array(String) COMMENT 'alerts that its cause explains',
    reason String COMMENT 'what this change was',
    content String COMMENT 'JSON of the incident'
) ENGINE = ReplacingMergeTree()
ORDER BY (id, transition)
COMMENT 'one row per change of an incident';

CREATE VIEW IF NOT EXISTS incidents_now AS SELECT * FROM incidents FINAL;
