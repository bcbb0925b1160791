CREATE TABLE IF NOT EXISTS drills (
    at DateTime64(3, 'UTC') COMMENT 'when it was run',
    at_ns Int64 COMMENT 'the same, ns',
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version',
    kind LowCardinality(String) COMMENT 'kind of drill, a module of monitors/drills/kinds',
    strength LowCardinality(String) COMMENT 'weak, medium or strong',
    level LowCardinality(String) COMMENT 'highest level of an alert that saw it; empty if none did',
    rules Array(String) COMMENT 'rules that saw it, the first first',
    seconds Nullable(Float64) COMMENT 'from its begin to the first ticket or page; to a suspicion if that is all',
    records Nullable(Int64) COMMENT 'records changed or added until then',
    injected Int64 COMMENT 'records changed or added in all',
    dummy Float64 COMMENT 'chance that alarms at random, as often as promised, would have hit that time',
    fidelity Float64 COMMENT 'share of logged answers that the surrogate gives too',
    lost UInt8 COMMENT '1 if drills saw it before and do not see it any more',
    untried String COMMENT 'why it could not be tried; empty if it was',
    failed UInt8 COMMENT '1 if running it failed; untried says that too',
    rules_hash LowCardinality(String) COMMENT 'hash of rules and settings it was judged under'
) ENGINE = ReplacingMergeTree()
ORDER BY (model, kind, strength, at_ns)
COMMENT 'one row per drill of a model, kind and strength; nothing of it is in any other table';

CREATE VIEW IF NOT EXISTS drills_now AS SELECT * FROM drills FINAL;
