-- How far has each partition been read, and what did it bring since {from_ns}?
SELECT
    topic,
    partition,
    max(last) AS last_offset,
    max(watermark_ns) AS watermark_ns,
    max(greatest(toUnixTimestamp64Milli(opened), toUnixTimestamp64Milli(ended))) * 1000000 AS newest_ns,
    countIf(stage = 0) AS open_blocks,
    sumIf(events, recent) AS events,
    sumIf(rejects, recent) AS rejects,
    sumIf(future, recent) AS future,
    sumIf(late, recent) AS late,
    sumIf(unknown_keys, recent) AS unknown_keys
FROM (
    SELECT *, opened >= fromUnixTimestamp64Nano({from_ns:Int64}) AS recent
    FROM blocks_now
    ORDER BY log_id, topic, partition, first
)
GROUP BY log_id, topic, partition
ORDER BY newest_ns DESC, topic, partition
LIMIT 500
