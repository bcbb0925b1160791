-- Which metrics gave readings of which model since {from_ns}, and how many of them had enough data?
SELECT model, metric, count() AS readings, countIf(value IS NOT NULL) AS with_value, max(at_ns) AS last_ns
FROM readings_now
WHERE at > fromUnixTimestamp64Nano({from_ns:Int64}) AND segment = ''
GROUP BY model, metric
ORDER BY model, metric
LIMIT 100000
