-- What came of the last drill of each model, kind and strength in a stretch of time?
SELECT model, kind, strength, level, rules, seconds, records, injected, dummy, fidelity, lost, untried, rules_hash, at_ns
FROM drills_now
WHERE at_ns >= {from_ns:Int64} AND at_ns < {until_ns:Int64}
ORDER BY model, kind, indexOf(['weak', 'medium', 'strong'], strength), at_ns DESC
LIMIT 1 BY model, kind, strength
LIMIT 5000
