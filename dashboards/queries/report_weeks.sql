-- How did a model answer week by week since {from_ns}, and which answers did it give?
SELECT
    intDiv(minute_ns - 345600000000000, 604800000000000) * 604800000000000 + 345600000000000 AS week_ns,
    sum(vectors['n'][1]) AS events,
    sum(vectors['failed'][1]) AS failed,
    sumMap(predictions) AS answers
FROM minutes_now
WHERE model = {model:String} AND segment = ''
    AND minute >= fromUnixTimestamp64Nano({from_ns:Int64}) AND minute < fromUnixTimestamp64Nano({until_ns:Int64})
GROUP BY week_ns
ORDER BY week_ns
LIMIT 60
