-- Which stored events have this request id?
SELECT
    toUnixTimestamp64Milli(ts) * 1000000 AS ts_ns,
    model, version, principal, id, session, segment, status, source_ip, prediction, score, scores, latency_ms,
    tokens_in, tokens_out, label, baseline, anomaly, flags, topic, partition, offset, num, cat, feature_set
FROM events_now
WHERE id = {request:String} AND ({model:String} = '' OR model = {model:String})
ORDER BY ts, topic, partition, offset
LIMIT 20
