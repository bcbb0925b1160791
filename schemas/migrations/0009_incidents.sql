-- Incidents of several alerts, and what became of every page.

ALTER TABLE incidents ADD COLUMN IF NOT EXISTS at_ns Int64 COMMENT 'event time of the change, ns';

ALTER TABLE incidents ADD COLUMN IF NOT EXISTS opened_ns Int64 COMMENT 'when it began, ns';

ALTER TABLE incidents ADD COLUMN IF NOT EXISTS cause LowCardinality(String) COMMENT 'what ties its alerts together';

ALTER TABLE incidents ADD COLUMN IF NOT EXISTS family LowCardinality(String) COMMENT 'family of the alert that says it best';

ALTER TABLE incidents ADD COLUMN IF NOT EXISTS rule LowCardinality(String) COMMENT 'its rule';

ALTER TABLE incidents ADD COLUMN IF NOT EXISTS lead String COMMENT 'its id';

ALTER TABLE incidents ADD COLUMN IF NOT EXISTS models Array(String) COMMENT 'models it touches';

ALTER TABLE incidents ADD COLUMN IF NOT EXISTS principals Array(String) COMMENT 'who did it, if that is known';

ALTER TABLE incidents ADD COLUMN IF NOT EXISTS explained Array(String) COMMENT 'alerts that its cause explains';

ALTER TABLE incidents ADD COLUMN IF NOT EXISTS reason String COMMENT 'what this change was';

ALTER TABLE incidents ADD COLUMN IF NOT EXISTS content String COMMENT 'JSON of the incident';

ALTER TABLE incidents COMMENT COLUMN state 'open, resolved, or merged into another';

DROP VIEW IF EXISTS incidents_now;

CREATE VIEW IF NOT EXISTS incidents_now AS SELECT * FROM incidents FINAL;

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
