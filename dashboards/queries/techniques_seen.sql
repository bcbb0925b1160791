-- Which MITRE ATLAS techniques do alerts name that are open or were first seen since {from_ns}?
SELECT
    technique, count() AS alerts, countIf(state = 'open') AS open_alerts, uniqExact(model) AS models,
    max(first_seen_ns) AS last_ns
FROM (
    SELECT * FROM alerts_told
    WHERE {model:String} = '' OR model = {model:String}
    ORDER BY id, transition DESC
    LIMIT 1 BY id
)
WHERE technique != '' AND (state = 'open' OR first_seen_ns >= {from_ns:Int64})
    AND early IN ('', 'told')
GROUP BY technique
ORDER BY alerts DESC, technique
LIMIT 100
