-- What did one principal say to a language model and hear from it, turn by turn, up to a moment?
SELECT
    toUnixTimestamp64Milli(ts) * 1000000 AS ts_ns,
    version, session, id, status, latency_ms, tokens_in, tokens_out, text_score, asked, told,
    topic, partition, offset, part
FROM events_now
WHERE model = {model:String} AND principal = {principal:String}
    AND ({session:String} = '' OR session = {session:String})
    AND ts >= fromUnixTimestamp64Nano({from_ns:Int64}) AND ts <= fromUnixTimestamp64Nano({until_ns:Int64})
    AND (text_score IS NOT NULL OR notEmpty(told))
ORDER BY ts DESC, topic, partition, offset DESC, part
LIMIT 200
