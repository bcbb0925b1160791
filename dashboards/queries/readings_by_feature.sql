-- How did one metric run for each feature of a model version (the newest, if none is named)?
SELECT slot_ns, feature, value
FROM (
    SELECT
        intDiv(at_ns, {step_ns:Int64}) * {step_ns:Int64} AS slot_ns,
        r.feature AS feature,
        max(r.value) AS value
    FROM readings_now AS r
    WHERE model = {model:String} AND metric = {metric:String} AND feature != '' AND principal = '' AND segment = ''
        AND at > fromUnixTimestamp64Nano({from_ns:Int64}) AND at <= fromUnixTimestamp64Nano({until_ns:Int64})
        AND ({feature:String} = '' OR feature = {feature:String})
        AND version = if({version:String} != '', {version:String}, (
            SELECT argMax(version, at_ns) FROM readings_now
            WHERE model = {model:String} AND metric = {metric:String}
                AND at <= fromUnixTimestamp64Nano({until_ns:Int64})
        ))
    GROUP BY slot_ns, feature
)
ORDER BY slot_ns, feature
LIMIT 100000
