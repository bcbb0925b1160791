-- Which model versions spoke since {from_ns} and have no baseline, so that nothing they do can be called unusual?
SELECT model, version, sum(vectors['n'][1]) AS events, min(minute_ns) AS first_ns, max(minute_ns) AS last_ns
FROM minutes_now
WHERE segment = '' AND minute >= fromUnixTimestamp64Nano({from_ns:Int64})
    AND (model, version) NOT IN (SELECT model, version FROM baselines_now)
GROUP BY model, version
ORDER BY events DESC, model, version
LIMIT 200
