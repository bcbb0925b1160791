-- Which reports were made, the newest period first?
SELECT kind, model, period, from_ns, until_ns, made_ns, verdict, summary
FROM reports_now
WHERE ({kind:String} = '' OR kind = {kind:String}) AND ({model:String} = '' OR model = {model:String})
ORDER BY from_ns DESC, kind, model
LIMIT {limit:UInt32}
