-- Which features of a model can be chosen, and all of them?
SELECT '(all)' AS choice
UNION ALL
SELECT choice FROM (
    SELECT DISTINCT feature AS choice FROM readings_now
    WHERE model = {model:String} AND metric = 'feature.psi' AND feature != ''
        AND at > fromUnixTimestamp64Nano({until_ns:Int64}) - INTERVAL 7 DAY
    ORDER BY choice
    LIMIT 500
)
