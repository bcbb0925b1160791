-- What attack monitors saw of single queries; judge is rebuilt from it.

CREATE TABLE IF NOT EXISTS principal_minutes (
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    minute DateTime64(3, 'UTC') COMMENT 'start of the minute',
    minute_ns Int64 COMMENT 'start of the minute, ns',
    baseline LowCardinality(String) COMMENT 'baseline id the features were coded by',
    principal String COMMENT 'who asked',
    turn Int64 COMMENT 'hour by which it was chosen, hours since 1970',
    width UInt32 COMMENT 'features in a signature',
    queries String COMMENT 'packed signatures (schemas/queries.py), base64',
    shard UInt32 COMMENT 'partition of mirqab.summaries',
    generation Int64 COMMENT 'consumer generation of the judge'
) ENGINE = ReplacingMergeTree(generation)
PARTITION BY if((minute >= '2020-01-01') AND (minute < '2050-01-01'), toYYYYMM(minute), 0)
ORDER BY (model, version, minute_ns, baseline, principal)
COMMENT 'one row per model, version, minute, principal: the signatures of its queries that attack monitors saw';

CREATE VIEW IF NOT EXISTS principal_minutes_now AS SELECT * FROM principal_minutes FINAL;
