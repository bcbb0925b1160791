-- Which models answered in a stretch of time, and how often?
SELECT model, count() AS events
FROM events_now
WHERE ts >= fromUnixTimestamp64Nano({from_ns:Int64}) AND ts < fromUnixTimestamp64Nano({until_ns:Int64})
GROUP BY model
ORDER BY model
LIMIT 5000
