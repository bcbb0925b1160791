-- How did each metric of one model version run since {from_ns}, one point per {step_ns}, whole-model metrics first, then features, furthest off first?
SELECT
    metric,
    feature,
    groupArray((slot_ns, value, expected, p, n)) AS points,
    max(effect) AS largest_effect
FROM (
    SELECT
        metric,
        feature,
        intDiv(at_ns, {step_ns:Int64}) * {step_ns:Int64} AS slot_ns,
        tupleElement(argMax(tuple(value), at_ns), 1) AS value,
        tupleElement(argMax(tuple(expected), at_ns), 1) AS expected,
        tupleElement(argMax(tuple(p), at_ns), 1) AS p,
        argMax(n, at_ns) AS n,
        max(abs(effect)) AS effect
    FROM readings_now
    WHERE model = {model:String} AND version = {version:String} AND principal = '' AND segment = ''
        AND at > fromUnixTimestamp64Nano({from_ns:Int64}) AND at <= fromUnixTimestamp64Nano({until_ns:Int64})
    GROUP BY metric, feature, slot_ns
    ORDER BY metric, feature, slot_ns
)
GROUP BY metric, feature
ORDER BY feature != '', metric != 'feature.psi', ifNull(largest_effect, 0) DESC, metric, feature
LIMIT 200
