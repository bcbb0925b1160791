-- Which versions of a model were heard, each from when to when, the newest first?
SELECT version, min(minute_ns) AS first_ns, max(minute_ns) AS last_ns
FROM minutes_now
WHERE model = {model:String} AND segment = ''
GROUP BY version
ORDER BY first_ns DESC, version
LIMIT 50
