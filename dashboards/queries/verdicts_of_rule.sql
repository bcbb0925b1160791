-- How often were alerts of one rule real, on one model and on all, of those that people closed?
SELECT
    countIf(said IN ('attack', 'drift', 'fault')) AS was_real,
    count() AS closed,
    countIf(model = {model:String} AND said IN ('attack', 'drift', 'fault')) AS real_here,
    countIf(model = {model:String}) AS closed_here
FROM (
    SELECT id, any(model) AS model FROM alerts_told WHERE rule = {rule:String} AND id != {id:String} GROUP BY id
) AS alike
INNER JOIN (
    SELECT subject, argMax(value, (act.at_ns, act.id)) AS said FROM actions_now AS act
    WHERE kind = 'alert' AND action = 'verdict' GROUP BY subject
) AS acts ON acts.subject = alike.id
