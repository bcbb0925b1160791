-- Who may do what in the database `mirqab`. Run it as a user who may manage access; it may be run again.
-- Users are made apart, with passwords of your own: docs/deploy.md.

-- Workers, the pager, `mirqab migrate` and the commands.
CREATE ROLE IF NOT EXISTS mirqab_writes;
GRANT SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW ON mirqab.* TO mirqab_writes;

-- The console: everything but texts and their keys, and it writes down what people do.
CREATE ROLE IF NOT EXISTS mirqab_shows;
GRANT SELECT ON mirqab.* TO mirqab_shows;
REVOKE SELECT ON mirqab.event_text FROM mirqab_shows;
REVOKE SELECT ON mirqab.event_text_now FROM mirqab_shows;
REVOKE SELECT ON mirqab.text_minutes FROM mirqab_shows;
REVOKE SELECT ON mirqab.text_minutes_now FROM mirqab_shows;
REVOKE SELECT ON mirqab.text_keys FROM mirqab_shows;
REVOKE SELECT ON mirqab.text_keys_now FROM mirqab_shows;
GRANT INSERT ON mirqab.actions TO mirqab_shows;

-- Grafana: any editor of dashboards may ask what its user may. No texts, no keys, nothing written.
CREATE ROLE IF NOT EXISTS mirqab_asks;
GRANT SELECT ON mirqab.* TO mirqab_asks;
REVOKE SELECT ON mirqab.event_text FROM mirqab_asks;
REVOKE SELECT ON mirqab.event_text_now FROM mirqab_asks;
REVOKE SELECT ON mirqab.text_minutes FROM mirqab_asks;
REVOKE SELECT ON mirqab.text_minutes_now FROM mirqab_asks;
REVOKE SELECT ON mirqab.text_keys FROM mirqab_asks;
REVOKE SELECT ON mirqab.text_keys_now FROM mirqab_asks;

-- Nothing that Grafana asks may hold up the line. readonly = 2: nothing is written, settings of a query may be set.
CREATE SETTINGS PROFILE IF NOT EXISTS mirqab_asks
    SETTINGS readonly = 2, max_execution_time = 30 MAX 60, max_memory_usage = 4000000000 MAX 4000000000, max_threads = 4
    TO mirqab_asks;
