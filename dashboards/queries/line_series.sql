-- What did blocks bring, one point per {step_ns}: events, rejects, late and too far ahead?
SELECT
    intDiv(toUnixTimestamp64Milli(b.opened) * 1000000, {step_ns:Int64}) * {step_ns:Int64} AS slot_ns,
    b.topic AS topic,
    sum(b.events) AS events,
    sum(b.rejects) AS rejects,
    sum(b.late) AS late,
    sum(b.future) AS future,
    rejects / greatest(1, events + rejects) AS rejected_share
FROM blocks_now AS b
WHERE b.opened >= fromUnixTimestamp64Nano({from_ns:Int64}) AND b.opened <= fromUnixTimestamp64Nano({until_ns:Int64})
GROUP BY slot_ns, topic
ORDER BY slot_ns, topic
LIMIT 100000
