-- How many minutes ago did each shard of the judge close a minute, by the clock of the machine?
SELECT shard, ({until_ns:Int64} - toUnixTimestamp64Milli(max(tick)) * 1000000) / 60000000000 AS minutes
FROM closes_now
WHERE minute >= fromUnixTimestamp64Nano({until_ns:Int64}) - INTERVAL 30 DAY
GROUP BY shard
ORDER BY shard
LIMIT 500
