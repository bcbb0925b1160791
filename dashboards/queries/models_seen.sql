-- Which models spoke since {from_ns}, when last, with which versions, and in how many different minutes?
SELECT
    model,
    max(minute_ns) AS last_ns,
    min(minute_ns) AS first_ns,
    uniqExact(minute_ns) AS active_minutes,
    argMax(version, (minute_ns, version)) AS latest_version,
    arraySort(groupUniqArray(50)(version)) AS versions
FROM minutes_now
WHERE segment = '' AND minute >= fromUnixTimestamp64Nano({from_ns:Int64})
    AND ({model:String} = '' OR model = {model:String})
GROUP BY model
ORDER BY model
LIMIT 2000
