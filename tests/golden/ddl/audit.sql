CREATE TABLE IF NOT EXISTS audit (
    seq UInt64 COMMENT 'number in the chain, from 0',
    at DateTime64(3, 'UTC') COMMENT 'when it happened',
    at_ns Int64 COMMENT 'the same, ns',
    source LowCardinality(String) COMMENT 'the table it comes from',
    subject String COMMENT 'identity of the row there',
    actor String COMMENT 'who; empty where Mirqab did it by itself',
    what String COMMENT 'what was done, in a few words',
    digest String COMMENT 'SHA-256 of the row as it was when it was chained',
    previous String COMMENT 'hash of the entry before',
    hash String COMMENT 'SHA-256 of this entry'
) ENGINE = ReplacingMergeTree()
ORDER BY (seq, hash)
COMMENT 'one row per act or decision, chained by hashes; rows are only ever added';

CREATE VIEW IF NOT EXISTS audit_now AS SELECT * FROM audit FINAL;
