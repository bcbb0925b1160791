-- When did drifts and faults begin that became a ticket or more, and until when did they last?
SELECT first_seen_ns, resolved_ns, concat(level, ': ', summary) AS text, model
FROM (
    SELECT
        id, level, state, family, model, summary, first_seen_ns,
        ifNull(toUnixTimestamp64Milli(resolved) * 1000000, 0) AS resolved_ns
    FROM alerts_now
    WHERE {model:String} = '' OR model = {model:String}
    ORDER BY id, transition DESC
    LIMIT 1 BY id
)
WHERE family IN ('drift', 'fault', 'anomaly', 'blindness') AND level != 'suspected'
    AND first_seen_ns >= {from_ns:Int64} AND first_seen_ns <= {until_ns:Int64}
ORDER BY first_seen_ns, model
LIMIT 200
