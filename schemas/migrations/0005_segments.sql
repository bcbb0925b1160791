-- Segments are judged by themselves; profiles are told apart by version, too; baselines are proposed.

ALTER TABLE profiles
    ADD COLUMN IF NOT EXISTS version LowCardinality(String) COMMENT 'model version; empty if not given' AFTER model,
    ADD COLUMN IF NOT EXISTS segment LowCardinality(String) COMMENT 'segment; empty is the whole model' AFTER version,
    MODIFY ORDER BY (shard, model, week_ns, version, segment);

ALTER TABLE profiles
    MODIFY COMMENT 'one row per model, version, segment and week: all state the judge carries, as plain columns';

ALTER TABLE readings
    ADD COLUMN IF NOT EXISTS segment LowCardinality(String) COMMENT 'segment, such as channel=web; empty is the whole model' AFTER principal,
    MODIFY ORDER BY (model, version, metric, feature, principal, at_ns, segment);

ALTER TABLE signals
    ADD COLUMN IF NOT EXISTS segment LowCardinality(String) COMMENT 'segment, such as channel=web; empty is the whole model' AFTER principal,
    MODIFY ORDER BY (rule, model, version, metric, feature, principal, at_ns, segment);

ALTER TABLE alerts
    ADD COLUMN IF NOT EXISTS segment LowCardinality(String) COMMENT 'segment, such as channel=web; empty is the whole model' AFTER principal;

ALTER TABLE baselines COMMENT COLUMN origin 'learnt, given or proposed';

CREATE OR REPLACE VIEW profiles_now AS SELECT * FROM profiles FINAL;

CREATE OR REPLACE VIEW readings_now AS SELECT * FROM readings FINAL;

CREATE OR REPLACE VIEW signals_now AS SELECT * FROM signals FINAL;

CREATE OR REPLACE VIEW alerts_now AS SELECT * FROM alerts FINAL;
