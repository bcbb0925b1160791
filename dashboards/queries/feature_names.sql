-- Which features do these feature sets hold, in the order of the arrays in events?
SELECT id, num_names, cat_names
FROM feature_sets_now
WHERE has({ids:Array(UInt64)}, id)
