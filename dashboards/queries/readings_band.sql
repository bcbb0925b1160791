-- How did one metric of a model version (the newest, if none is named) run, beside what its baseline expects and the 5th to 95th percentile at that hour in the 14 days before?
SELECT slot_ns, observed, expected, low, high
FROM (
    SELECT
        intDiv(at_ns, {step_ns:Int64}) * {step_ns:Int64} AS slot_ns,
        modulo(intDiv(slot_ns, 3600000000000), 24) AS hour,
        avg(value) AS observed,
        avg(expected) AS expected
    FROM readings_now
    WHERE model = {model:String} AND metric = {metric:String} AND feature = {feature:String}
        AND principal = '' AND segment = ''
        AND at > fromUnixTimestamp64Nano({from_ns:Int64}) AND at <= fromUnixTimestamp64Nano({until_ns:Int64})
        AND version = if({version:String} != '', {version:String}, (
            SELECT argMax(version, at_ns) FROM readings_now
            WHERE model = {model:String} AND metric = {metric:String}
                AND at <= fromUnixTimestamp64Nano({until_ns:Int64})
        ))
    GROUP BY slot_ns
) AS seen
LEFT JOIN (
    SELECT
        modulo(intDiv(at_ns, 3600000000000), 24) AS hour,
        toNullable(quantileExact(0.05)(value)) AS low,
        toNullable(quantileExact(0.95)(value)) AS high
    FROM readings_now
    WHERE model = {model:String} AND metric = {metric:String} AND feature = {feature:String}
        AND principal = '' AND segment = '' AND value IS NOT NULL
        AND at > fromUnixTimestamp64Nano({from_ns:Int64}) - INTERVAL 14 DAY
        AND at <= fromUnixTimestamp64Nano({from_ns:Int64})
    GROUP BY hour
    HAVING count() >= 12
) AS usual USING (hour)
ORDER BY slot_ns
LIMIT 20000
