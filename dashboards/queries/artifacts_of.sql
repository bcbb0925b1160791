-- Which files was each model version loaded from, as far as logs say, the first first?
SELECT model, version, groupArray(artifact) AS artifacts
FROM (SELECT model, version, artifact FROM assets_now ORDER BY first_ns, artifact LIMIT 100000)
GROUP BY model, version
ORDER BY model, version
LIMIT 5000
