-- Which baselines were learnt or given, the newest of each model version first?
SELECT
    model, version, number, id, origin, events, rows,
    toUnixTimestamp64Milli(learnt_from) * 1000000 AS learnt_from_ns,
    toUnixTimestamp64Milli(learnt_to) * 1000000 AS learnt_to_ns
FROM baselines_now
WHERE {model:String} = '' OR model = {model:String}
ORDER BY model, version, number DESC
LIMIT 5000
