-- How far back do the stored events, texts and rejects reach?
SELECT
    (SELECT toUnixTimestamp64Milli(min(ts)) * 1000000 FROM events_now) AS events_ns,
    (SELECT toUnixTimestamp64Milli(min(ts)) * 1000000 FROM event_text_now) AS texts_ns,
    (SELECT toUnixTimestamp64Milli(min(at)) * 1000000 FROM rejects_now) AS rejects_ns
