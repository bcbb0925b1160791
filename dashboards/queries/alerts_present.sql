-- Which alerts are there now (the highest transition of each), open ones and the most severe first?
SELECT
    id, level, state, rule, family, model, version, metric, feature, principal, segment, principals,
    p, effect, n, summary, technique, transition, early,
    first_seen_ns,
    toUnixTimestamp64Milli(at) * 1000000 AS changed_ns,
    ifNull(toUnixTimestamp64Milli(opened) * 1000000, 0) AS opened_ns,
    ifNull(toUnixTimestamp64Milli(resolved) * 1000000, 0) AS resolved_ns
FROM (
    SELECT * FROM alerts_told
    WHERE {model:String} = '' OR model = {model:String}
    ORDER BY id, transition DESC
    LIMIT 1 BY id
)
WHERE ({level:String} = '' OR level = {level:String}) AND ({state:String} = '' OR state = {state:String})
ORDER BY state = 'open' DESC, indexOf(['suspected', 'ticket', 'page'], level) DESC, changed_ns DESC, id
LIMIT {limit:UInt32}
