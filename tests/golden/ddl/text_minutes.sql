CREATE TABLE IF NOT EXISTS text_minutes (
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    minute DateTime64(3, 'UTC') COMMENT 'start of the minute',
    minute_ns Int64 COMMENT 'start of the minute, ns',
    baseline LowCardinality(String) COMMENT 'baseline id the events were scored against',
    principal String COMMENT 'who asked',
    turn Int64 COMMENT 'hour by which it was chosen, hours since 1970',
    texts Array(String) COMMENT 'digests (schemas/texts.py), JSON; excerpts in them are masked',
    shard UInt32 COMMENT 'partition of mirqab.summaries',
    generation Int64 COMMENT 'consumer generation of the judge'
) ENGINE = ReplacingMergeTree(generation)
PARTITION BY if((minute >= '2020-01-01') AND (minute < '2050-01-01'), toYYYYMM(minute), 0)
ORDER BY (model, version, minute_ns, baseline, principal)
COMMENT 'one row per model, version, minute, principal: digests of its texts, from which principals are judged';

CREATE VIEW IF NOT EXISTS text_minutes_now AS SELECT * FROM text_minutes FINAL;
