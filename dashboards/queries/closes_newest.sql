-- Which minute did each shard of the judge close last, and when?
SELECT shard, minute_ns, toUnixTimestamp64Milli(tick) * 1000000 AS tick_ns, generation
FROM closes_now
ORDER BY shard, minute_ns DESC
LIMIT 1 BY shard
LIMIT 500
