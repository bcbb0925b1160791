-- Which versions of a model can be chosen, and the newest?
SELECT '(newest)' AS choice
UNION ALL
SELECT choice FROM (
    SELECT version AS choice FROM minutes_now
    WHERE model = {model:String} AND segment = '' AND version != ''
    GROUP BY version
    ORDER BY max(minute_ns) DESC, version
    LIMIT 100
)
