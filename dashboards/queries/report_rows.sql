-- What is one event in {every} of a model in a stretch of time, chosen by the hash of its identity, with labels that came later?
WITH chosen AS (
    SELECT ts, version, id, segment, prediction, score, feature_set, num, cat, label
    FROM events_now
    WHERE model = {model:String} AND ({version:String} = '' OR version = {version:String})
        AND ts >= fromUnixTimestamp64Nano({from_ns:Int64}) AND ts < fromUnixTimestamp64Nano({until_ns:Int64})
        AND cityHash64(log_id, topic, partition, offset) % {every:UInt64} = 0
    LIMIT {limit:UInt32}
)
SELECT
    toUnixTimestamp64Milli(ts) * 1000000 AS ts_ns,
    version, segment, prediction, score, feature_set, num, cat,
    if(label != '', label, told) AS label
FROM chosen
LEFT JOIN (
    SELECT id AS told_id, argMax(label, ts) AS told
    FROM labels_now
    WHERE model = {model:String} AND id IN (SELECT id FROM events_now
        WHERE model = {model:String} AND id != ''
            AND ts >= fromUnixTimestamp64Nano({from_ns:Int64}) AND ts < fromUnixTimestamp64Nano({until_ns:Int64})
            AND cityHash64(log_id, topic, partition, offset) % {every:UInt64} = 0)
    GROUP BY told_id
) AS later ON chosen.id = later.told_id
