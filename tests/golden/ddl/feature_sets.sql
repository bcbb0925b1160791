CREATE TABLE IF NOT EXISTS feature_sets (
    id UInt64 COMMENT 'hash of the names',
    num_names Array(String) COMMENT 'numeric feature names, sorted',
    cat_names Array(String) COMMENT 'categorical feature names, sorted'
) ENGINE = ReplacingMergeTree()
ORDER BY (id)
COMMENT 'one row per set of feature names';

CREATE VIEW IF NOT EXISTS feature_sets_now AS SELECT * FROM feature_sets FINAL;
