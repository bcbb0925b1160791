-- What did people do in a stretch of time, on what, and why?
SELECT at_ns, actor, action, kind, subject, value, reason
FROM actions_now
WHERE at_ns >= {from_ns:Int64} AND at_ns < {until_ns:Int64}
ORDER BY at_ns, id
LIMIT 20000
