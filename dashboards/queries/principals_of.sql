-- Who asked one model most since {from_ns}, with how many unusual and failed answers?
SELECT
    entry.1 AS principal,
    sum(entry.2[1]) AS events,
    sum(entry.2[2]) AS anomalous,
    sum(entry.2[3]) AS failed,
    max(minute_ns) AS last_ns
FROM minutes_now
ARRAY JOIN arrayZip(mapKeys(principals), mapValues(principals)) AS entry
WHERE model = {model:String} AND segment = '' AND minute >= fromUnixTimestamp64Nano({from_ns:Int64})
GROUP BY principal
ORDER BY events DESC, principal
LIMIT 15
