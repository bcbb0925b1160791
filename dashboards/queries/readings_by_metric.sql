-- How many readings did each metric give since {from_ns}, and how many of them had enough data?
SELECT metric, count() AS readings, countIf(value IS NOT NULL) AS with_value, max(at_ns) AS last_ns
FROM readings_now
WHERE at > fromUnixTimestamp64Nano({from_ns:Int64})
GROUP BY metric
ORDER BY metric
LIMIT 1000
