-- How many events a minute did each model answer, and what share of them failed, one point per {step_ns}?
SELECT
    intDiv(minute_ns, {step_ns:Int64}) * {step_ns:Int64} AS slot_ns,
    model,
    sum(vectors['n'][1]) / ({step_ns:Int64} / 60000000000) AS events,
    sum(vectors['failed'][1]) / greatest(1, sum(vectors['n'][1])) AS failed_share
FROM minutes_now
WHERE segment = '' AND minute >= fromUnixTimestamp64Nano({from_ns:Int64})
    AND minute <= fromUnixTimestamp64Nano({until_ns:Int64})
    AND ({model:String} = '' OR model = {model:String})
GROUP BY slot_ns, model
ORDER BY slot_ns, model
LIMIT 200000
