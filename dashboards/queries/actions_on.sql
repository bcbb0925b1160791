-- What did people do with one thing, the newest first?
SELECT at_ns, action, value, actor, reason
FROM actions_now
WHERE kind = {kind:String} AND subject = {subject:String}
ORDER BY at_ns DESC, id
LIMIT 200
