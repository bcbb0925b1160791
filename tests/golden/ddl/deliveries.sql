CREATE TABLE IF NOT EXISTS deliveries (
    at DateTime64(3, 'UTC') COMMENT 'when, by the clock of the pager',
    at_ns Int64 COMMENT 'the same, ns',
    incident String COMMENT 'incident id; the receiver knows the page by it',
    transition UInt32 COMMENT 'the change it tells of',
    receiver LowCardinality(String) COMMENT 'name of the receiver in the settings',
    kind LowCardinality(String) COMMENT 'trigger, update, acknowledge, resolve, reminder or escalation',
    level LowCardinality(String) COMMENT 'ticket or page, as it was told',
    answer LowCardinality(String) COMMENT 'accepted, again or never; held where a stage kept it back',
    detail String COMMENT 'what the receiver said, or why it was kept back',
    attempt UInt32 COMMENT '1, 2, 3, …',
    seconds Float64 COMMENT 'from the change being known to the pager to this answer'
) ENGINE = ReplacingMergeTree()
ORDER BY (incident, transition, receiver, kind, attempt)
COMMENT 'one row per answer of a receiver to a page';

CREATE VIEW IF NOT EXISTS deliveries_now AS SELECT * FROM deliveries FINAL;
