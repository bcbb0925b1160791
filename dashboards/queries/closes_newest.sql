-- Which minute did each shard of the judge close last, and when?
SELECT
    shard,
    max(minute_ns) AS minute_ns,
    toUnixTimestamp64Milli(argMax(tick, minute_ns)) * 1000000 AS tick_ns,
    argMax(generation, minute_ns) AS generation
FROM closes_now
GROUP BY shard
ORDER BY shard
LIMIT 500
