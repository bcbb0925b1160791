-- How many alerts did each rule give in a stretch of time, and what did people say of them?
SELECT
    rule,
    any(family) AS family,
    any(technique) AS technique,
    count() AS alerts,
    countIf(level = 'page') AS pages,
    countIf(level = 'ticket') AS tickets,
    countIf(said IN ('attack', 'drift', 'fault')) AS was_real,
    countIf(said = 'false alarm') AS was_false,
    countIf(said = 'expected') AS was_expected
FROM (
    SELECT id, rule, family, technique, level FROM alerts_now
    WHERE first_seen_ns >= {from_ns:Int64} AND first_seen_ns < {until_ns:Int64}
    ORDER BY id, transition DESC
    LIMIT 1 BY id
) AS told
LEFT JOIN (
    SELECT subject, argMax(value, (act.at_ns, act.id)) AS said FROM actions_now AS act
    WHERE kind = 'alert' AND action = 'verdict' GROUP BY subject
) AS acts ON acts.subject = told.id
GROUP BY rule
ORDER BY rule
LIMIT 1000
