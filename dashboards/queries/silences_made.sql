-- Which silences and maintenance windows touch a stretch of time, from when to when, on what, and why?
SELECT
    toInt64OrZero(splitByString('..', value)[1]) AS begins_ns,
    least(toInt64OrZero(splitByString('..', value)[2]), {until_ns:Int64}) AS ends_ns,
    concat(action, ' of ', kind, ' ', subject, ' by ', actor, ': ', reason) AS text
FROM actions_now
WHERE action IN ('silence', 'maintenance') AND begins_ns <= {until_ns:Int64} AND ends_ns >= {from_ns:Int64}
ORDER BY begins_ns, id
LIMIT 200
