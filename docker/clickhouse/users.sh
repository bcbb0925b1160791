#!/bin/sh
# Makes the users of compose.yaml at the first start of its ClickHouse, with passwords from the environment. Only their
# hashes are sent, so that no log and no list of processes shows them. The client itself takes CLICKHOUSE_USER and
# CLICKHOUSE_PASSWORD from the environment.
set -eu

user() {
    hash=$(printf '%s' "$2" | sha256sum | cut -d ' ' -f 1)
    clickhouse client --query "CREATE USER IF NOT EXISTS $1 IDENTIFIED WITH sha256_hash BY '$hash'"
    clickhouse client --query "GRANT $3 TO $1"
}

clickhouse client --multiquery < /etc/mirqab/roles.sql
user mirqab "$MIRQAB_STORE_PASSWORD" mirqab_writes
user mirqab_console "$MIRQAB_CONSOLE_STORE_PASSWORD" mirqab_shows
user mirqab_grafana "$MIRQAB_GRAFANA_STORE_PASSWORD" mirqab_asks
