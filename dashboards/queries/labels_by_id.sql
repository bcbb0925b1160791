-- Which labels came for this request id?
SELECT model, label, source, toUnixTimestamp64Milli(ts) * 1000000 AS ts_ns, matched
FROM labels_now
WHERE id = {request:String}
ORDER BY ts, source
LIMIT 20
