CREATE TABLE IF NOT EXISTS text_keys (
    id String COMMENT 'id of the key',
    principal String COMMENT 'whose texts it seals; empty for those of nobody',
    wrapped String COMMENT 'the key, sealed by a master key, base64; empty once erased',
    master LowCardinality(String) COMMENT 'name of the master key, which says nothing of it',
    at DateTime64(3, 'UTC') COMMENT 'when it was made, wrapped again or erased',
    erased UInt8 COMMENT '1 once erased',
    rank Int64 COMMENT 'how often it was wrapped before; the highest counts, an erasure for ever'
) ENGINE = ReplacingMergeTree(rank)
ORDER BY (id)
COMMENT 'one row per data key that texts of a principal are sealed with; without its key a text is erased';

CREATE VIEW IF NOT EXISTS text_keys_now AS SELECT * FROM text_keys FINAL;
