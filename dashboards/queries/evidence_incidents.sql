-- Which incidents began in a stretch of time, when were they acknowledged, judged and over, and who was told?
SELECT
    id, level, state, cause, family, models, principals, title, opened_ns,
    ifNull(toUnixTimestamp64Milli(resolved) * 1000000, 0) AS resolved_ns,
    acknowledged_ns, judged_ns, said, told, accepted
FROM (
    SELECT * FROM incidents_now
    WHERE opened_ns >= {from_ns:Int64} AND opened_ns < {until_ns:Int64}
    ORDER BY id, transition DESC
    LIMIT 1 BY id
) AS standing
LEFT JOIN (
    SELECT
        subject,
        minIf(act.at_ns, action = 'acknowledge') AS acknowledged_ns,
        maxIf(act.at_ns, action = 'verdict') AS judged_ns,
        argMaxIf(value, act.at_ns, action = 'verdict') AS said
    FROM actions_now AS act
    WHERE kind = 'incident' GROUP BY subject
) AS acts ON acts.subject = standing.id
LEFT JOIN (
    SELECT incident, count() AS told, countIf(answer = 'accepted') AS accepted FROM deliveries_now GROUP BY incident
) AS pages ON pages.incident = standing.id
WHERE state != 'merged'
ORDER BY opened_ns, id
LIMIT 2000
