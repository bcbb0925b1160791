-- What happened to one alert, transition by transition?
SELECT
    id, transition, reason, level, state, rule, family, model, version, metric, feature, principal, segment, principals,
    p, effect, n, summary, technique, baseline, rules_hash, evidence, early,
    at_ns,
    first_seen_ns,
    ifNull(toUnixTimestamp64Milli(opened) * 1000000, 0) AS opened_ns,
    ifNull(toUnixTimestamp64Milli(resolved) * 1000000, 0) AS resolved_ns
FROM alerts_told
WHERE id = {id:String}
ORDER BY transition
LIMIT 500
