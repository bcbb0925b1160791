-- How many readings did each metric of a model give in a stretch of time, and how many had enough data?
SELECT metric, count() AS readings, countIf(value IS NOT NULL) AS with_value
FROM readings_now
WHERE model = {model:String}
    AND at > fromUnixTimestamp64Nano({from_ns:Int64}) AND at <= fromUnixTimestamp64Nano({until_ns:Int64})
GROUP BY metric
ORDER BY metric
LIMIT 1000
