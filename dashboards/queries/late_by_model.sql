-- How many events came after their minute had closed, per model and version, between {from_ns} and {until_ns}?
SELECT model, version, sum(vectors['n'][1]) AS events, max(minute_ns) AS last_ns
FROM minutes_late_now
WHERE segment = '' AND minute >= fromUnixTimestamp64Nano({from_ns:Int64}) AND minute < fromUnixTimestamp64Nano({until_ns:Int64})
    AND ({model:String} = '' OR model = {model:String})
GROUP BY model, version
ORDER BY events DESC, model, version
LIMIT 200
