-- Under which rules and settings was judged, from when to when, in a stretch of time?
SELECT rules_hash, min(at_ns) AS first_ns, max(at_ns) AS last_ns, uniqExact(id) AS alerts
FROM alerts_now
WHERE at_ns >= {from_ns:Int64} AND at_ns < {until_ns:Int64} AND rules_hash != ''
GROUP BY rules_hash
ORDER BY first_ns, rules_hash
LIMIT 1000
