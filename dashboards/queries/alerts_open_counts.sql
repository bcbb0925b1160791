-- How many alerts of these families (all, if none is named) are open now: pages, tickets, suspicions, models?
SELECT
    countIf(level = 'page') AS pages,
    countIf(level = 'ticket') AS tickets,
    countIf(level = 'suspected') AS suspicions,
    uniqExactIf(model, level != 'suspected') AS models
FROM (
    SELECT id, level, state, model, family FROM alerts_told
    WHERE {model:String} = '' OR model = {model:String}
    ORDER BY id, transition DESC
    LIMIT 1 BY id
)
WHERE state = 'open' AND (empty({families:Array(String)}) OR has({families:Array(String)}, family))
