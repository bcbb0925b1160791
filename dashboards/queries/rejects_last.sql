-- Which records were rejected last?
SELECT
    toUnixTimestamp64Milli(at) * 1000000 AS at_ns,
    topic, partition, offset, toValidUTF8(reason) AS reason, size, digest,
    toValidUTF8(substring(raw, 1, 4096)) AS raw
FROM rejects_now
ORDER BY at DESC, topic, partition, offset DESC
LIMIT 100
