-- How many answers did a model give in a stretch of time, by decision, and how many of them were from these principals?
SELECT prediction, count() AS answers, countIf(has({principals:Array(String)}, principal)) AS theirs
FROM events_now
WHERE model = {model:String}
    AND ts >= fromUnixTimestamp64Nano({from_ns:Int64}) AND ts <= fromUnixTimestamp64Nano({until_ns:Int64})
GROUP BY prediction
ORDER BY answers DESC, prediction
LIMIT 100
