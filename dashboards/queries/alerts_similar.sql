-- Which other alerts did the same rule raise, on the same model first, the newest first?
SELECT id, level, state, rule, model, version, metric, feature, principal, segment, p, effect, n, summary, first_seen_ns,
    early
FROM (SELECT * FROM alerts_told WHERE rule = {rule:String} ORDER BY id, transition DESC LIMIT 1 BY id)
WHERE id != {id:String}
ORDER BY model = {model:String} DESC, feature = {feature:String} DESC, first_seen_ns DESC, id
LIMIT 10
