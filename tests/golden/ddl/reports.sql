CREATE TABLE IF NOT EXISTS reports (
    kind LowCardinality(String) COMMENT 'weekly, incident, …',
    model LowCardinality(String) COMMENT 'model name; empty if it is about several',
    period String COMMENT 'what it is about: a week such as 2026-W47, an incident id, …',
    from_ns Int64 COMMENT 'begin of the time it is about, ns',
    until_ns Int64 COMMENT 'end of that time, ns',
    made DateTime64(3, 'UTC') COMMENT 'when it was made, by the clock of the models',
    made_ns Int64 COMMENT 'the same, ns',
    verdict LowCardinality(String) COMMENT 'the verdict in a word',
    summary String COMMENT 'the verdict in two sentences',
    html String COMMENT 'the page, complete in itself' CODEC(ZSTD(3)),
    json String COMMENT 'the same for programs' CODEC(ZSTD(3)),
    text String COMMENT 'the same as a short mail'
) ENGINE = ReplacingMergeTree(made_ns)
ORDER BY (kind, model, period)
COMMENT 'one row per report; made again, the newer replaces the older';

CREATE VIEW IF NOT EXISTS reports_now AS SELECT * FROM reports FINAL;
