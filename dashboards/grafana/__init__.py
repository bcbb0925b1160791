"""Grafana: dashboards and alert rules as data, files for its provisioning, a push to its API. Reads no store.

`boards/` and `rules/` hold one file each; `bundle` puts all of them together; `render` writes files, `push` talks.
"""
