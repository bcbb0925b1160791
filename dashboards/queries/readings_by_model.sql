-- How did the metrics whose names begin with {family} run in each model, the largest value of each {step_ns}?
SELECT
    intDiv(at_ns, {step_ns:Int64}) * {step_ns:Int64} AS slot_ns,
    model,
    metric,
    max(r.value) AS value,
    min(r.p) AS p
FROM readings_now AS r
WHERE startsWith(metric, {family:String}) AND segment = '' AND r.value IS NOT NULL
    AND at > fromUnixTimestamp64Nano({from_ns:Int64}) AND at <= fromUnixTimestamp64Nano({until_ns:Int64})
    AND ({model:String} = '' OR model = {model:String})
GROUP BY slot_ns, model, metric
ORDER BY slot_ns, model, metric
LIMIT 100000
