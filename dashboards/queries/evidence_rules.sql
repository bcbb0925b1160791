-- Which rules gave readings to which model in a stretch of time, and how many of them had enough data?
SELECT model, metric, count() AS readings, countIf(value IS NOT NULL) AS with_value
FROM readings_now
WHERE at > fromUnixTimestamp64Nano({from_ns:Int64}) AND at <= fromUnixTimestamp64Nano({until_ns:Int64})
GROUP BY model, metric
ORDER BY model, metric
LIMIT 50000
