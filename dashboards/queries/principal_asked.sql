-- What did one principal ask of which models since {from_ns}, hour by hour, with how many unusual and failed answers?
SELECT
    model,
    intDiv(minute_ns, 3600000000000) * 3600000000000 AS hour_ns,
    sum(principals[{who:String}][1]) AS events,
    sum(principals[{who:String}][2]) AS anomalous,
    sum(principals[{who:String}][3]) AS failed,
    max(minute_ns) AS last_ns
FROM minutes_now
WHERE segment = '' AND minute >= fromUnixTimestamp64Nano({from_ns:Int64}) AND mapContains(principals, {who:String})
GROUP BY model, hour_ns
ORDER BY model, hour_ns
LIMIT 5000
