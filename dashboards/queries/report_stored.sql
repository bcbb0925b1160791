-- What does one report say, for a browser, for a program and for a mail?
SELECT html, json, text
FROM reports_now
WHERE kind = {kind:String} AND model = {model:String} AND period = {period:String}
LIMIT 1
