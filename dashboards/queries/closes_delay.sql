-- How long after its end was a minute closed, seconds, the largest of each {step_ns} and shard?
SELECT
    intDiv(minute_ns, {step_ns:Int64}) * {step_ns:Int64} AS slot_ns,
    toString(shard) AS shard,
    max(toUnixTimestamp64Milli(tick) / 1000 - minute_ns / 1000000000 - 60) AS seconds
FROM closes_now
WHERE minute >= fromUnixTimestamp64Nano({from_ns:Int64}) AND minute <= fromUnixTimestamp64Nano({until_ns:Int64})
GROUP BY slot_ns, shard
ORDER BY slot_ns, shard
LIMIT 100000
