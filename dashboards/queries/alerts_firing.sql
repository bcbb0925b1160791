-- Which alerts of a level (any, if none is named) are open, one row each with 1 as its number, for an alert rule?
SELECT id, model, rule, family, 1 AS firing
FROM (SELECT id, model, rule, family, level, state FROM alerts_now ORDER BY id, transition DESC LIMIT 1 BY id)
WHERE state = 'open' AND ({level:String} = '' OR level = {level:String})
ORDER BY id
LIMIT 1000
