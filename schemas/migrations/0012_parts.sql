-- One record may hold several events: their place in it is part of their identity.

ALTER TABLE events
    ADD COLUMN IF NOT EXISTS part UInt16 COMMENT 'place among the events of one record; 0 where a record is one event' AFTER offset,
    MODIFY ORDER BY (model, ts, log_id, topic, partition, offset, part);

ALTER TABLE event_text
    ADD COLUMN IF NOT EXISTS part UInt16 COMMENT 'place among the events of one record; 0 where a record is one event' AFTER offset,
    MODIFY ORDER BY (model, ts, log_id, topic, partition, offset, part);

CREATE OR REPLACE VIEW events_now AS SELECT * FROM events FINAL;

CREATE OR REPLACE VIEW event_text_now AS SELECT * FROM event_text FINAL;
