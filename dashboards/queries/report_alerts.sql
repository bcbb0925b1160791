-- Which alerts of a model were open at some moment of a stretch of time, and what did people say of them or of their incident?
SELECT
    id, level, state, rule, family, version, metric, feature, principal, segment, p, effect, n, summary, first_seen_ns,
    ifNull(toUnixTimestamp64Milli(opened) * 1000000, 0) AS opened_ns,
    ifNull(toUnixTimestamp64Milli(resolved) * 1000000, 0) AS resolved_ns,
    verdict, verdict_by, verdict_why
FROM (
    SELECT * FROM alerts_now
    WHERE model = {model:String} AND first_seen_ns < {until_ns:Int64}
    ORDER BY id, transition DESC
    LIMIT 1 BY id
) AS told
LEFT JOIN (
    SELECT
        subject,
        argMax(value, (at_ns, id)) AS verdict,
        argMax(actor, (at_ns, id)) AS verdict_by,
        argMax(reason, (at_ns, id)) AS verdict_why
    FROM (
        SELECT subject, value, actor, reason, at_ns, id
        FROM actions_now
        WHERE kind = 'alert' AND action = 'verdict'
        UNION ALL
        SELECT arrayJoin(of_incident) AS subject, value, actor, reason, at_ns, id
        FROM actions_now
        INNER JOIN (
            SELECT id AS incident, argMax(alerts, transition) AS of_incident FROM incidents_now GROUP BY incident
        ) AS known ON known.incident = actions_now.subject
        WHERE kind = 'incident' AND action = 'verdict'
    )
    GROUP BY subject
) AS acts ON acts.subject = told.id
WHERE resolved_ns = 0 OR resolved_ns >= {from_ns:Int64}
ORDER BY indexOf(['suspected', 'ticket', 'page'], level) DESC, first_seen_ns, id
LIMIT 500
