-- How did the last round of work that runs by itself (reports, drills) end, and when?
SELECT substring(fact.name, 7) AS name, value AS trouble, at_ns
FROM schema_meta_now AS fact
WHERE startsWith(fact.name, 'round_')
ORDER BY name
LIMIT 100
