-- How many false alarms there are, measured.

CREATE TABLE IF NOT EXISTS error_rates (
    at DateTime64(3, 'UTC') COMMENT 'when it was measured, by the clock of the machine',
    at_ns Int64 COMMENT 'the same, ns',
    model LowCardinality(String) COMMENT 'model name',
    days UInt32 COMMENT 'healthy days that were drawn from',
    weeks UInt32 COMMENT 'weeks drawn and judged',
    tickets UInt32 COMMENT 'false tickets in those weeks, pages among them',
    pages UInt32 COMMENT 'false pages in those weeks',
    tickets_promised Float64 COMMENT 'what the budget allows one model in those weeks',
    pages_promised Float64 COMMENT 'what the budget allows one model in those weeks',
    rules_hash LowCardinality(String) COMMENT 'hash of rules and settings it was judged under'
) ENGINE = ReplacingMergeTree()
ORDER BY (at_ns, model)
COMMENT 'one row per model and measurement: false alarms in weeks drawn from its healthy days, beside the promise';

CREATE VIEW IF NOT EXISTS error_rates_now AS SELECT * FROM error_rates FINAL;
