-- What was the rate of false alarms when it was last measured, per model?
SELECT model, at_ns, days, weeks, tickets, pages, tickets_promised, pages_promised
FROM error_rates_now
WHERE at_ns = (SELECT max(at_ns) FROM error_rates_now)
ORDER BY tickets DESC, model
LIMIT 500
