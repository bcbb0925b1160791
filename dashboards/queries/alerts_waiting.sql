-- Which open pages and tickets has nobody acknowledged, judged or silenced yet, the longest waiting first?
SELECT
    id, level, model, rule, family, summary, first_seen_ns,
    ({until_ns:Int64} - first_seen_ns) / 60000000000 AS minutes
FROM (
    SELECT * FROM alerts_now
    WHERE {model:String} = '' OR model = {model:String}
    ORDER BY id, transition DESC
    LIMIT 1 BY id
)
WHERE state = 'open' AND level IN ('page', 'ticket')
    AND id NOT IN (SELECT subject FROM actions_now WHERE kind = 'alert' AND action IN ('acknowledge', 'verdict', 'silence'))
ORDER BY level = 'page' DESC, first_seen_ns, id
LIMIT 200
