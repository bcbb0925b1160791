-- Whether a drill failed by itself, so that nobody has to recognise the sentence that says so.

ALTER TABLE drills ADD COLUMN IF NOT EXISTS failed UInt8 COMMENT '1 if running it failed; untried says that too' AFTER untried;

DROP VIEW IF EXISTS drills_now;

CREATE VIEW IF NOT EXISTS drills_now AS SELECT * FROM drills FINAL;
