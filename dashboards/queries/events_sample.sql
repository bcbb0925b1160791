-- Which events of a model were the most unusual in a stretch of time, those of the named principals first?
SELECT
    toUnixTimestamp64Milli(ts) * 1000000 AS ts_ns,
    version, principal, id, segment, status, prediction, score, latency_ms, anomaly, flags,
    topic, partition, offset, part, num, cat, feature_set
FROM events_now
WHERE model = {model:String} AND ({version:String} = '' OR version = {version:String})
    AND ts >= fromUnixTimestamp64Nano({from_ns:Int64}) AND ts <= fromUnixTimestamp64Nano({until_ns:Int64})
ORDER BY has({principals:Array(String)}, principal) DESC, ifNull(anomaly, -1) DESC, ts DESC, topic, partition, offset, part
LIMIT 10
