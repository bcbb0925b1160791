-- Which incidents are there now, the open and most severe first, and what did people last do with each?
SELECT
    id, transition, level, state, cause, family, rule, model, models, principals, alerts, explained, title, lead, reason,
    at_ns AS changed_ns,
    opened_ns,
    ifNull(toUnixTimestamp64Milli(resolved) * 1000000, 0) AS resolved_ns,
    word, said, actor
FROM (SELECT * FROM incidents_now ORDER BY id, transition DESC LIMIT 1 BY id) AS standing
LEFT JOIN (
    SELECT
        subject,
        argMax(action, (act.at_ns, act.id)) AS word,
        argMax(value, (act.at_ns, act.id)) AS said,
        argMax(actor, (act.at_ns, act.id)) AS actor
    FROM actions_now AS act
    WHERE kind = 'incident' AND action IN ('acknowledge', 'verdict')
    GROUP BY subject
) AS acts ON acts.subject = standing.id
WHERE state != 'merged' AND ({level:String} = '' OR level = {level:String})
    AND ({state:String} = '' OR state = {state:String}) AND ({model:String} = '' OR has(models, {model:String}))
ORDER BY state = 'open' DESC, said = '' DESC, indexOf(['suspected', 'ticket', 'page'], level) DESC, changed_ns DESC, id
LIMIT {limit:UInt32}
