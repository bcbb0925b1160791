-- How many records of all topics could not be read in a stretch of time, and why?
SELECT toValidUTF8(reason) AS reason, topic, count() AS records
FROM rejects_now
WHERE at >= fromUnixTimestamp64Nano({from_ns:Int64}) AND at < fromUnixTimestamp64Nano({until_ns:Int64})
GROUP BY reason, topic
ORDER BY records DESC, topic, reason
LIMIT 20
