CREATE TABLE IF NOT EXISTS readings (
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    metric LowCardinality(String) COMMENT 'what is measured',
    feature LowCardinality(String) COMMENT 'feature; empty if the metric is about the whole model',
    principal String COMMENT 'principal; empty if the metric is about all',
    segment LowCardinality(String) COMMENT 'segment, such as channel=web; empty is the whole model',
    at DateTime64(3, 'UTC') COMMENT 'end of the pane',
    at_ns Int64 COMMENT 'end of the pane, ns',
    n Int64 COMMENT 'sample size',
    value Nullable(Float64) COMMENT 'the value; null means not enough data',
    expected Nullable(Float64) COMMENT 'what the baseline leads one to expect',
    p Nullable(Float64) COMMENT 'p-value against the baseline',
    effect Nullable(Float64) COMMENT 'effect size in the unit the rule states',
    baseline LowCardinality(String) COMMENT 'baseline id',
    detail String COMMENT 'JSON evidence',
    generation Int64 COMMENT 'consumer generation of the judge'
) ENGINE = ReplacingMergeTree(generation)
PARTITION BY if((at >= '2020-01-01') AND (at < '2050-01-01'), toYYYYMM(at), 0)
ORDER BY (model, version, metric, feature, principal, at_ns, segment)
COMMENT 'one row per metric and pane';

CREATE VIEW IF NOT EXISTS readings_now AS SELECT * FROM readings FINAL;
