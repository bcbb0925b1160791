-- Why a drill could not be tried.

ALTER TABLE drills MODIFY COLUMN lost COMMENT '1 if drills saw it before and do not see it any more';

ALTER TABLE drills ADD COLUMN IF NOT EXISTS untried String COMMENT 'why it could not be tried; empty if it was' AFTER lost;

DROP VIEW IF EXISTS drills_now;

CREATE VIEW IF NOT EXISTS drills_now AS SELECT * FROM drills FINAL;
