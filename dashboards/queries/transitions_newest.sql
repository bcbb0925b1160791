-- What did alerts do last: opened, worsened, resolved, and why?
SELECT at_ns, id, model, rule, family, level, state, transition, reason
FROM alerts_told
WHERE at_ns >= {from_ns:Int64} AND at_ns <= {until_ns:Int64} AND ({model:String} = '' OR model = {model:String})
ORDER BY at_ns DESC, id, transition DESC
LIMIT 100
