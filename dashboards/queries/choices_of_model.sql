-- Which models can be chosen, and all of them?
SELECT '(all)' AS choice
UNION ALL
SELECT choice FROM (
    SELECT DISTINCT model AS choice FROM minutes_now
    WHERE segment = '' AND minute <= fromUnixTimestamp64Nano({until_ns:Int64})
        AND minute >= fromUnixTimestamp64Nano({until_ns:Int64}) - INTERVAL 30 DAY
    ORDER BY choice
    LIMIT 2000
)
