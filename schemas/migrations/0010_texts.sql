-- What was seen of texts: columns of events, and digests by principal and minute.

ALTER TABLE events MODIFY COLUMN flags COMMENT 'bits: 1 future 2 late 4 unseen category 8 out of range 16 missing 32 anomalous 64 attack by text 128 leak';

ALTER TABLE events ADD COLUMN IF NOT EXISTS text_score Nullable(Float32) COMMENT 'how much the prompt looks like an attack, 0 to 1; null without one' AFTER flags;

ALTER TABLE events ADD COLUMN IF NOT EXISTS asked Array(LowCardinality(String)) COMMENT 'kinds of findings in the prompt' AFTER text_score;

ALTER TABLE events ADD COLUMN IF NOT EXISTS told Array(LowCardinality(String)) COMMENT 'kinds of findings in the response' AFTER asked;

DROP VIEW IF EXISTS events_now;

CREATE VIEW IF NOT EXISTS events_now AS SELECT * FROM events FINAL;

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
