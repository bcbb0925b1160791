-- How many events did each model answer, and how many of them failed, minute by minute since {from_ns}?
SELECT
    model,
    groupArray(minute_ns) AS minutes,
    groupArray(answered) AS events,
    sum(failed) AS failed,
    sum(answered) AS counted
FROM (
    SELECT
        model,
        minute_ns,
        sum(vectors['n'][1]) AS answered,
        sum(vectors['failed'][1]) AS failed
    FROM minutes_now
    WHERE segment = '' AND minute >= fromUnixTimestamp64Nano({from_ns:Int64})
        AND ({model:String} = '' OR model = {model:String})
    GROUP BY model, minute_ns
    ORDER BY model, minute_ns
)
GROUP BY model
ORDER BY model
LIMIT 2000
