-- Attacks told before their minute closed, and alerts as people see them.

CREATE TABLE IF NOT EXISTS notices (
    id String COMMENT 'hash of rule, series and first pane',
    transition UInt32 COMMENT '0, 1, 2, …',
    at DateTime64(3, 'UTC') COMMENT 'event time of the transition',
    at_ns Int64 COMMENT 'the same, ns',
    reason String COMMENT 'why this transition',
    level LowCardinality(String) COMMENT 'suspected, ticket or page after the transition; the highest reached if resolved',
    state LowCardinality(String) COMMENT 'open or resolved',
    rule LowCardinality(String) COMMENT 'rule id',
    family LowCardinality(String) COMMENT 'drift, anomaly, fault, …',
    model LowCardinality(String) COMMENT 'model name',
    version LowCardinality(String) COMMENT 'model version; empty if not given',
    metric LowCardinality(String) COMMENT 'what is measured',
    feature LowCardinality(String) COMMENT 'feature; empty if the metric is about the whole model',
    principal String COMMENT 'principal; empty if the metric is about all',
    segment LowCardinality(String) COMMENT 'segment, such as channel=web; empty is the whole model',
    principals Array(String) COMMENT 'only those who did it',
    first_seen DateTime64(3, 'UTC') COMMENT 'first evidence',
    first_seen_ns Int64 COMMENT 'the same, ns',
    opened Nullable(DateTime64(3, 'UTC')) COMMENT 'first at ticket level or above',
    resolved Nullable(DateTime64(3, 'UTC')) COMMENT 'when it ended',
    p Nullable(Float64) COMMENT 'p-value at this transition',
    effect Nullable(Float64) COMMENT 'effect size at this transition',
    n Int64 COMMENT 'sample size at this transition',
    summary String COMMENT 'one sentence for a person',
    technique LowCardinality(String) COMMENT 'MITRE ATLAS technique id',
    baseline LowCardinality(String) COMMENT 'baseline id',
    rules_hash LowCardinality(String) COMMENT 'hash of rules and settings it was judged under',
    evidence String COMMENT 'JSON: expected and observed, contributors',
    transitions String COMMENT 'JSON: all transitions so far',
    generation Int64 COMMENT 'consumer generation of the judge',
    early LowCardinality(String) COMMENT 'told, and then confirmed, joined or withdrawn at a close',
    told_as String COMMENT 'the alert of the ledger that it joined',
    known DateTime64(3, 'UTC') COMMENT 'when this was known, by the clock of the line',
    shard UInt32 COMMENT 'partition of mirqab.summaries',
    content String COMMENT 'JSON of the alert'
) ENGINE = ReplacingMergeTree(generation)
ORDER BY (id, transition)
COMMENT 'one row per alert that was told before its minute closed, and one for what became of it';

CREATE VIEW IF NOT EXISTS notices_now AS SELECT * FROM notices FINAL;

CREATE VIEW IF NOT EXISTS alerts_told AS
SELECT id, transition, at, at_ns, reason, level, state, rule, family, model, version, metric, feature, principal, segment, principals, first_seen, first_seen_ns, opened, resolved, p, effect, n, summary, technique, baseline, rules_hash, evidence, transitions, generation, '' AS early FROM alerts_now
UNION ALL
SELECT id, transition, at, at_ns, reason, level, state, rule, family, model, version, metric, feature, principal, segment, principals, first_seen, first_seen_ns, opened, resolved, p, effect, n, summary, technique, baseline, rules_hash, evidence, transitions, generation, early FROM notices_now
WHERE id NOT IN (SELECT id FROM alerts);
