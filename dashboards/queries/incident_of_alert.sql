-- Which incident does an alert belong to?
SELECT id, level, state, title, alerts
FROM (SELECT * FROM incidents_now ORDER BY id, transition DESC LIMIT 1 BY id)
WHERE has(alerts, {alert:String}) AND state != 'merged'
ORDER BY opened_ns DESC
LIMIT 1
