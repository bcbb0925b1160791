-- How often were alerts of each rule real, of those that people closed since {from_ns}?
SELECT
    rule,
    count() AS closed,
    countIf(said IN ('attack', 'drift', 'fault')) AS was_real,
    countIf(said = 'false alarm') AS false_alarms,
    countIf(said = 'expected') AS expected
FROM (
    SELECT subject, argMax(value, (act.at_ns, act.id)) AS said FROM actions_now AS act
    WHERE kind = 'alert' AND action = 'verdict' AND act.at_ns >= {from_ns:Int64}
    GROUP BY subject
) AS acts
INNER JOIN (SELECT id, any(rule) AS rule FROM alerts_told GROUP BY id) AS alike ON alike.id = acts.subject
GROUP BY rule
ORDER BY closed DESC, rule
LIMIT 200
