-- What people did: approvals of baselines first.

CREATE TABLE IF NOT EXISTS actions (
    kind LowCardinality(String) COMMENT 'on what kind of thing: baseline, alert, …',
    subject String COMMENT 'id of the thing',
    at DateTime64(3, 'UTC') COMMENT 'when, by the clock of the machine it was done on',
    at_ns Int64 COMMENT 'the same, ns',
    id String COMMENT 'hash of the act',
    action LowCardinality(String) COMMENT 'acknowledge, verdict, note, silence or approve',
    value String COMMENT 'what was chosen, such as a verdict; empty if nothing was',
    actor String COMMENT 'who did it',
    reason String COMMENT 'why'
) ENGINE = ReplacingMergeTree()
ORDER BY (kind, subject, at_ns, id)
COMMENT 'one row per act of a person; rows are only ever added';

CREATE VIEW IF NOT EXISTS actions_now AS SELECT * FROM actions FINAL;
