-- Maintenance hides none of {families}, which are attacks; a silence hides all. As `monitors.silences` has it.
-- Which incidents of a level (any, if none is named) are open, without a verdict and not silenced at {until_ns}?
SELECT id, model, rule, family, 1 AS firing
FROM (
    SELECT
        id, model, models, rule, family, level, state,
        (
            SELECT groupArray((
                kind, subject, action,
                concat('(?s)^', replaceAll(replaceAll(regexpQuoteMeta(subject), '\\*', '.*'), '\\?', '.'), '\\z')
            ))
            FROM (
                SELECT kind, subject, action, value FROM actions_now
                WHERE action IN ('silence', 'maintenance', 'unsilence') AND at_ns <= {until_ns:Int64}
                ORDER BY kind, subject, at_ns DESC, actions_now.id DESC
                LIMIT 1 BY kind, subject
            )
            WHERE action != 'unsilence'
                AND toInt64OrZero(splitByString('..', value)[1]) <= {until_ns:Int64}
                AND toInt64OrZero(splitByString('..', value)[2]) > {until_ns:Int64}
        ) AS held
    FROM (SELECT * FROM incidents_now ORDER BY id, transition DESC LIMIT 1 BY id)
)
WHERE state = 'open' AND ({level:String} = '' OR level = {level:String})
    AND id NOT IN (SELECT subject FROM actions_now WHERE kind = 'incident' AND action = 'verdict')
    AND NOT arrayExists(
        h -> (h.3 = 'silence' OR NOT has({families:Array(String)}, family)) AND (
            (h.1 = 'incident' AND h.2 = id)
            OR (h.1 = 'rule' AND match(rule, h.4))
            OR (h.1 = 'model' AND arrayAll(m -> match(m, h.4), models))
        ),
        held
    )
ORDER BY id
LIMIT 1000
