-- What did each version of a model answer in a stretch of time, and in what state were its events?
SELECT
    version,
    count() AS events,
    countIf(baseline != '') AS scored,
    groupUniqArrayIf(1000)(baseline, baseline != '') AS baselines,
    countIf(label != '') AS labelled,
    countIf(bitAnd(flags, 1) != 0) AS future,
    countIf(bitAnd(flags, 2) != 0) AS late,
    countIf(bitAnd(flags, 4) != 0) AS unseen,
    countIf(bitAnd(flags, 8) != 0) AS out_of_range,
    countIf(bitAnd(flags, 16) != 0) AS missing,
    countIf(bitAnd(flags, 32) != 0) AS anomalous,
    countIf(id != '') AS with_id,
    uniqIf(id, id != '') AS ids,
    uniq(principal) AS principals,
    toUnixTimestamp64Milli(min(ts)) * 1000000 AS first_ns,
    toUnixTimestamp64Milli(max(ts)) * 1000000 AS last_ns
FROM events_now
WHERE model = {model:String}
    AND ts >= fromUnixTimestamp64Nano({from_ns:Int64}) AND ts < fromUnixTimestamp64Nano({until_ns:Int64})
GROUP BY version
ORDER BY events DESC, version
LIMIT 200
