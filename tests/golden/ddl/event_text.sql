CREATE TABLE IF NOT EXISTS event_text (
    log_id LowCardinality(String) COMMENT 'topic UUID, or the run id where the broker has none',
    topic LowCardinality(String) COMMENT 'topic, or file name',
    partition UInt32 COMMENT 'partition; 0 for files',
    offset Int64 COMMENT 'offset, or line number',
    part UInt16 COMMENT 'place among the events of one record; 0 where a record is one event',
    ts DateTime64(3, 'UTC') COMMENT 'when the model answered',
    model LowCardinality(String) COMMENT 'model name',
    prompt_hash String COMMENT 'keyed hash of the prompt',
    response_hash String COMMENT 'keyed hash of the response',
    prompt_chars Int64 COMMENT 'length of the prompt in characters; -1 if there was none',
    response_chars Int64 COMMENT 'length of the response in characters; -1 if there was none',
    prompt String COMMENT 'the prompt itself with text = plain, sealed with text = encrypted',
    response String COMMENT 'the response itself with text = plain, sealed with text = encrypted',
    key String COMMENT 'id of the data key that seals both, in text_keys; empty if they are not sealed'
) ENGINE = ReplacingMergeTree()
ORDER BY (model, ts, log_id, topic, partition, offset, part)
COMMENT 'one row per prompt and response';

CREATE VIEW IF NOT EXISTS event_text_now AS SELECT * FROM event_text FINAL;
