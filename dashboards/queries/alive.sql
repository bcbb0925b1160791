-- Does the store answer?
SELECT 1 AS alive
