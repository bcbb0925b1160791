-- What did the pager send last, to whom, and what did the receiver answer?
SELECT at_ns, incident, transition, receiver, kind, answer, detail, attempt, seconds
FROM deliveries_now
WHERE at_ns >= {from_ns:Int64} AND at_ns <= {until_ns:Int64}
ORDER BY at_ns DESC, incident, attempt DESC
LIMIT 200
