-- What did the last drill of each model, kind and strength that could be tried see, and when was it seen last?
SELECT d.model AS model, d.kind AS kind, d.strength AS strength,
    argMaxIf(d.level, d.at_ns, d.untried = '') AS level,
    argMaxIf(d.rules, d.at_ns, d.untried = '') AS rules,
    argMaxIf(tuple(d.seconds), d.at_ns, d.untried = '').1 AS seconds,
    argMaxIf(tuple(d.records), d.at_ns, d.untried = '').1 AS records,
    argMaxIf(d.injected, d.at_ns, d.untried = '') AS injected,
    argMaxIf(d.lost, d.at_ns, d.untried = '') AS lost,
    maxIf(d.at_ns, d.untried = '') AS tried_ns,
    countIf(d.untried = '') AS times,
    maxIf(d.at_ns, d.level IN ('ticket', 'page')) AS seen_ns,
    countIf(d.level IN ('ticket', 'page')) AS seen,
    argMaxIf(d.rules, d.at_ns, d.level IN ('ticket', 'page')) AS seen_by,
    argMax(d.untried, d.at_ns) AS untried,
    max(d.at_ns) AS asked_ns
FROM drills_now AS d
WHERE d.at_ns < {until_ns:Int64} AND (d.model = {model:String} OR {model:String} = '')
GROUP BY model, kind, strength
ORDER BY model, kind, indexOf(['weak', 'medium', 'strong'], strength)
LIMIT 10000
