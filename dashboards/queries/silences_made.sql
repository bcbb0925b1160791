-- Which silences did people set in a stretch of time, on what, and why?
SELECT at_ns, concat(kind, ' ', subject, ' silenced by ', actor, ': ', reason) AS text, value
FROM actions_now
WHERE action = 'silence' AND at_ns >= {from_ns:Int64} AND at_ns <= {until_ns:Int64}
ORDER BY at_ns
LIMIT 200
