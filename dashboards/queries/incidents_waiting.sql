-- Which open pages and tickets has nobody acknowledged or judged yet, the longest waiting first?
SELECT
    id, level, model, length(models) AS models_touched, length(alerts) AS alerts_tied, rule, family, cause, title, opened_ns,
    ({until_ns:Int64} - opened_ns) / 60000000000 AS minutes
FROM (SELECT * FROM incidents_now ORDER BY id, transition DESC LIMIT 1 BY id)
WHERE state = 'open' AND level IN ('page', 'ticket') AND ({model:String} = '' OR has(models, {model:String}))
    AND id NOT IN (
        SELECT subject FROM actions_now WHERE kind = 'incident' AND action IN ('acknowledge', 'verdict')
    )
ORDER BY level = 'page' DESC, opened_ns, id
LIMIT 200
