-- How many records were rejected since {from_ns}, per reason and topic?
SELECT
    toValidUTF8(reason) AS reason,
    topic,
    count() AS records,
    sum(size) AS bytes,
    max(toUnixTimestamp64Milli(at) * 1000000) AS last_ns
FROM rejects_now
WHERE at >= fromUnixTimestamp64Nano({from_ns:Int64})
GROUP BY reason, topic
ORDER BY records DESC, topic, reason
LIMIT 50
