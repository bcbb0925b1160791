-- What became of the records that were read in a stretch of time, per topic and partition?
SELECT
    topic, partition,
    sum(events) AS events,
    sum(rejects) AS rejects,
    sum(late) AS late,
    sum(future) AS future,
    min(first) AS first_offset,
    max(last) AS last_offset,
    sum(last - first + 1) AS offsets
FROM (
    SELECT * FROM blocks_now
    WHERE opened >= fromUnixTimestamp64Nano({from_ns:Int64}) AND opened < fromUnixTimestamp64Nano({until_ns:Int64})
)
GROUP BY log_id, topic, partition
ORDER BY topic, partition
LIMIT 2000
