"""One alert rule a module: `RULE`. A file dropped here is a rule of Grafana; nothing else has to know it."""
