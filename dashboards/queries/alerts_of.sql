-- How do these alerts stand?
SELECT
    id, level, state, rule, family, model, version, metric, feature, principal, segment, principals, p, effect, n, summary,
    first_seen_ns, early
FROM (SELECT * FROM alerts_told WHERE id IN {alerts:Array(String)} ORDER BY id, transition DESC LIMIT 1 BY id)
ORDER BY first_seen_ns, id
LIMIT 500
