-- Which alerts name one principal, the newest first, and how did people close them?
SELECT
    id, level, state, rule, family, model, version, metric, feature, principal, segment, principals,
    p, effect, n, summary, technique, first_seen_ns, early,
    toUnixTimestamp64Milli(at) * 1000000 AS changed_ns,
    verdicts.value AS verdict
FROM (
    SELECT * FROM alerts_told
    WHERE has(principals, {who:String}) OR principal = {who:String}
    ORDER BY id, transition DESC
    LIMIT 1 BY id
) AS named
LEFT JOIN (
    SELECT subject, argMax(value, at_ns) AS value FROM actions_now
    WHERE kind = 'alert' AND action = 'verdict'
    GROUP BY subject
) AS verdicts ON verdicts.subject = named.id
ORDER BY first_seen_ns DESC, id
LIMIT 100
