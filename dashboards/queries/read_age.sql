-- How many minutes ago did any worker begin or end a block: the heartbeat of reading?
SELECT ({until_ns:Int64} - max(greatest(toUnixTimestamp64Milli(opened), toUnixTimestamp64Milli(ended))) * 1000000) / 60000000000 AS minutes
FROM blocks_now
WHERE opened >= fromUnixTimestamp64Nano({until_ns:Int64}) - INTERVAL 30 DAY
HAVING count() > 0
