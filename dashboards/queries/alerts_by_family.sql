-- How many alerts of each family were first seen, one point per {step_ns}?
SELECT
    intDiv(first_seen_ns, {step_ns:Int64}) * {step_ns:Int64} AS slot_ns,
    family,
    count() AS alerts
FROM (
    SELECT id, family, model, first_seen_ns, early FROM alerts_told
    WHERE {model:String} = '' OR model = {model:String}
    ORDER BY id, transition DESC
    LIMIT 1 BY id
)
WHERE first_seen_ns >= {from_ns:Int64} AND first_seen_ns <= {until_ns:Int64}
    AND early IN ('', 'told')
GROUP BY slot_ns, family
ORDER BY slot_ns, family
LIMIT 100000
