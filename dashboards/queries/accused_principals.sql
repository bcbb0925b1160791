-- Who is named by alerts of these families (all, if none is named) that are open or were first seen since {from_ns}?
SELECT
    who AS principal,
    count() AS alerts,
    countIf(state = 'open') AS open_alerts,
    arrayStringConcat(arraySort(groupUniqArray(10)(model)), ', ') AS models,
    arrayStringConcat(arraySort(groupUniqArray(10)(family)), ', ') AS families,
    max(first_seen_ns) AS last_ns
FROM (
    SELECT * FROM alerts_told
    WHERE {model:String} = '' OR model = {model:String}
    ORDER BY id, transition DESC
    LIMIT 1 BY id
)
ARRAY JOIN arrayDistinct(if(principal = '', principals, arrayConcat(principals, [principal]))) AS who
WHERE (empty({families:Array(String)}) OR has({families:Array(String)}, family))
    AND (state = 'open' OR first_seen_ns >= {from_ns:Int64})
    AND early IN ('', 'told')
GROUP BY principal
ORDER BY open_alerts DESC, alerts DESC, principal
LIMIT 100
