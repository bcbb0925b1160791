-- How did one incident go, change by change?
SELECT
    id, transition, level, state, cause, family, rule, model, models, principals, alerts, explained, title, lead, reason,
    at_ns, opened_ns,
    ifNull(toUnixTimestamp64Milli(resolved) * 1000000, 0) AS resolved_ns
FROM incidents_now
WHERE id = {incident:String}
ORDER BY transition
LIMIT 500
