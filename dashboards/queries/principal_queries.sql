-- Which signatures of one principal's queries of a model are kept, the newest minutes since {from_ns} first?
SELECT version, minute_ns, baseline, width, queries
FROM principal_minutes_now
WHERE model = {model:String} AND principal = {who:String} AND minute >= fromUnixTimestamp64Nano({from_ns:Int64})
ORDER BY minute_ns DESC, version, baseline
LIMIT 120
