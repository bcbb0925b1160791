-- Who was told of one incident, when, and what did the receiver answer?
SELECT at_ns, transition, receiver, kind, answer, detail, attempt, seconds
FROM deliveries_now
WHERE incident = {incident:String}
ORDER BY at_ns, receiver, attempt
LIMIT 500
