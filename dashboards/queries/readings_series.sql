-- How did one series run in a stretch of time, reading by reading?
SELECT at_ns, value, expected, p, effect, n
FROM readings_now
WHERE model = {model:String} AND version = {version:String} AND metric = {metric:String}
    AND feature = {feature:String} AND principal = {principal:String} AND segment = {segment:String}
    AND at > fromUnixTimestamp64Nano({from_ns:Int64}) AND at <= fromUnixTimestamp64Nano({until_ns:Int64})
ORDER BY at_ns DESC
LIMIT 600
