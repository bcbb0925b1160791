-- How many pages did each receiver accept, put off or refuse, one point per {step_ns}?
SELECT
    intDiv(at_ns, {step_ns:Int64}) * {step_ns:Int64} AS slot_ns,
    receiver,
    answer,
    count() AS pages
FROM deliveries_now
WHERE at_ns >= {from_ns:Int64} AND at_ns <= {until_ns:Int64}
GROUP BY slot_ns, receiver, answer
ORDER BY slot_ns, receiver, answer
LIMIT 100000
