-- How many alerts are open now, per level?
SELECT level, count() AS alerts
FROM (SELECT id, level, state, transition FROM alerts_now ORDER BY id, transition DESC LIMIT 1 BY id)
WHERE state = 'open'
GROUP BY level
ORDER BY level
