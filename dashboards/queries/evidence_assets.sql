-- Which model versions answered in a stretch of time, when first and last, how often, and how much of it was scored?
SELECT
    model, version,
    count() AS events,
    countIf(baseline != '') AS scored,
    toUnixTimestamp64Milli(min(ts)) * 1000000 AS first_ns,
    toUnixTimestamp64Milli(max(ts)) * 1000000 AS last_ns,
    uniq(principal) AS principals,
    arraySort(arrayDistinct(flatten(groupUniqArray(64)(arrayConcat(asked, told))))) AS findings
FROM events_now
WHERE ts >= fromUnixTimestamp64Nano({from_ns:Int64}) AND ts < fromUnixTimestamp64Nano({until_ns:Int64})
GROUP BY model, version
ORDER BY model, version
LIMIT 5000
