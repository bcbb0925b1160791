-- What share of the records of each topic was rejected since {from_ns}?
SELECT topic, sum(rejects) / (sum(events) + sum(rejects)) AS share
FROM blocks_now
WHERE opened >= fromUnixTimestamp64Nano({from_ns:Int64}) AND opened <= fromUnixTimestamp64Nano({until_ns:Int64})
GROUP BY topic
HAVING sum(events) + sum(rejects) >= 100
ORDER BY topic
LIMIT 500
