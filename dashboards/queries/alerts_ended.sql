-- How many alerts of each rule became a ticket or more since {from_ns}, how many of them ended, and after how long?
SELECT
    rule,
    count() AS alerts,
    countIf(level = 'page') AS pages,
    countIf(state = 'resolved') AS resolved,
    quantileExactIf(0.5)(toUnixTimestamp64Milli(assumeNotNull(resolved_at)) / 60000 - first_seen_ns / 60000000000, resolved_at IS NOT NULL) AS median_minutes
FROM (
    SELECT id, rule, level, state, first_seen_ns, resolved AS resolved_at FROM alerts_now
    WHERE {model:String} = '' OR model = {model:String}
    ORDER BY id, transition DESC
    LIMIT 1 BY id
)
WHERE level != 'suspected' AND first_seen_ns >= {from_ns:Int64}
GROUP BY rule
ORDER BY pages DESC, alerts DESC, rule
LIMIT 200
