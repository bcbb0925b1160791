-- Which alerts of these families (all, if none is named) are open, or were first seen since {from_ns}, the most severe first?
SELECT
    id, level, state, rule, family, model, version, metric, feature, principal, segment, technique, summary,
    arrayStringConcat(arraySlice(principals, 1, 5), ', ') AS accused,
    p, effect, n,
    first_seen_ns,
    toUnixTimestamp64Milli(at) * 1000000 AS changed_ns,
    ifNull(toUnixTimestamp64Milli(resolved) * 1000000, 0) AS resolved_ns
FROM (
    SELECT * FROM alerts_told
    WHERE {model:String} = '' OR model = {model:String}
    ORDER BY id, transition DESC
    LIMIT 1 BY id
)
WHERE (empty({families:Array(String)}) OR has({families:Array(String)}, family))
    AND ({state:String} = '' OR state = {state:String})
    AND (state = 'open' OR first_seen_ns >= {from_ns:Int64})
    AND early IN ('', 'told')
ORDER BY state = 'open' DESC, indexOf(['suspected', 'ticket', 'page'], level) DESC, changed_ns DESC, id
LIMIT 200
