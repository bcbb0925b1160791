-- Labels with their answers, by the minute in which they arrived.

ALTER TABLE minutes ADD COLUMN IF NOT EXISTS labelled Array(String) COMMENT 'labels kept with their answers, for the watch on poisoned labels, JSON' AFTER sample;

ALTER TABLE minutes_late ADD COLUMN IF NOT EXISTS labelled Array(String) COMMENT 'labels kept with their answers, for the watch on poisoned labels, JSON' AFTER sample;

DROP VIEW IF EXISTS minutes_now;

CREATE VIEW IF NOT EXISTS minutes_now AS SELECT * FROM minutes FINAL;

DROP VIEW IF EXISTS minutes_late_now;

CREATE VIEW IF NOT EXISTS minutes_late_now AS SELECT * FROM minutes_late FINAL;
