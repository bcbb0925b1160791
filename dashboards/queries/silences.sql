-- Which silences and maintenance windows did people set, and which did they end, since {from_ns}?
SELECT at_ns, action, kind, subject, value, actor, reason
FROM actions_now
WHERE action IN ('silence', 'maintenance', 'unsilence') AND at_ns >= {from_ns:Int64}
ORDER BY at_ns, id
LIMIT 2000
