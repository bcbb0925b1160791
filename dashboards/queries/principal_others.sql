-- Which signatures of everybody else's queries of a model are kept in a stretch of time, a few minutes of each?
SELECT principal, minute_ns, baseline, width, queries
FROM principal_minutes_now
WHERE model = {model:String} AND principal != {who:String}
    AND minute >= fromUnixTimestamp64Nano({from_ns:Int64}) AND minute <= fromUnixTimestamp64Nano({until_ns:Int64})
ORDER BY principal, cityHash64(minute_ns)
LIMIT 4 BY principal
LIMIT 400
