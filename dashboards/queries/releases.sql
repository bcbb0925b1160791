-- Which versions were heard for the first time in a stretch of time?
SELECT first_ns, concat(model, ': version ', version, ' begins') AS text, model
FROM (
    SELECT model, version, min(minute_ns) AS first_ns, min(first_ns) OVER (PARTITION BY model) AS began_ns
    FROM minutes_now
    WHERE segment = '' AND ({model:String} = '' OR model = {model:String})
    GROUP BY model, version
)
WHERE first_ns >= {from_ns:Int64} AND first_ns <= {until_ns:Int64} AND first_ns > began_ns
ORDER BY first_ns, model
LIMIT 200
