CREATE TABLE IF NOT EXISTS signals (
    rule LowCardinality(String) COMMENT 'rule id',
    detector LowCardinality(String) COMMENT 'detector',
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    metric LowCardinality(String) COMMENT 'what is measured',
    feature LowCardinality(String) COMMENT 'feature; empty if the metric is about the whole model',
    principal String COMMENT 'principal; empty if the metric is about all',
    segment LowCardinality(String) COMMENT 'segment, such as channel=web; empty is the whole model',
    at DateTime64(3, 'UTC') COMMENT 'end of the pane',
    at_ns Int64 COMMENT 'end of the pane, ns',
    verdict LowCardinality(String) COMMENT 'breach',
    n Int64 COMMENT 'sample size',
    value Nullable(Float64) COMMENT 'the reading',
    expected Nullable(Float64) COMMENT 'what was expected',
    p Nullable(Float64) COMMENT 'p-value; null for detectors that only say yes or no',
    effect Nullable(Float64) COMMENT 'effect size',
    baseline LowCardinality(String) COMMENT 'baseline id',
    reason String COMMENT 'one sentence',
    generation Int64 COMMENT 'consumer generation of the judge'
) ENGINE = ReplacingMergeTree(generation)
PARTITION BY if((at >= '2020-01-01') AND (at < '2050-01-01'), toYYYYMM(at), 0)
ORDER BY (rule, model, version, metric, feature, principal, at_ns, segment)
COMMENT 'one row per breach a detector stated';

CREATE VIEW IF NOT EXISTS signals_now AS SELECT * FROM signals FINAL;
