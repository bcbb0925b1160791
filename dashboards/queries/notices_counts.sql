-- What became of the attacks that were told before their minute closed, since {from_ns}?
SELECT early, count() AS notices
FROM (SELECT id, early, first_seen_ns FROM notices_now ORDER BY id, transition DESC LIMIT 1 BY id)
WHERE first_seen_ns >= {from_ns:Int64}
GROUP BY early
ORDER BY early
