-- What was last pushed to each Grafana, when, by whom, and what came of it?
SELECT
    subject AS address,
    max(at_ns) AS newest_ns,
    argMax(value, (at_ns, id)) AS value,
    argMax(actor, (at_ns, id)) AS by,
    argMax(reason, (at_ns, id)) AS said
FROM actions_now
WHERE kind = 'grafana' AND action = 'push'
GROUP BY subject
ORDER BY subject
LIMIT 100
