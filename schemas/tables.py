"""All tables, by name, in the order of the migrations."""

from __future__ import annotations

from schemas.action_tables import ACTIONS
from schemas.audit_tables import AUDIT
from schemas.drill_tables import DRILLS
from schemas.event_tables import ASSETS, BLOCKS, EVENT_TEXT, EVENTS, FEATURE_SETS, LABELS, REJECTS, TEXT_KEYS
from schemas.incident_tables import DELIVERIES, INCIDENTS
from schemas.judge_tables import (
    ALERTS,
    BASELINES,
    CLOSES,
    MINUTES,
    MINUTES_LATE,
    NOTICES,
    PRINCIPAL_MINUTES,
    PROFILES,
    READINGS,
    SCHEMA_META,
    SIGNALS,
    TEXT_MINUTES,
)
from schemas.rate_tables import ERROR_RATES
from schemas.report_tables import REPORTS
from schemas.table import Column, Table

__all__ = [
    "ACTIONS",
    "ALERTS",
    "ASSETS",
    "AUDIT",
    "BASELINES",
    "BLOCKS",
    "BY_NAME",
    "CLOSES",
    "DELIVERIES",
    "DRILLS",
    "ERROR_RATES",
    "EVENTS",
    "EVENT_TEXT",
    "FEATURE_SETS",
    "INCIDENTS",
    "LABELS",
    "MINUTES",
    "MINUTES_LATE",
    "NOTICES",
    "PRINCIPAL_MINUTES",
    "PROFILES",
    "READINGS",
    "REJECTS",
    "REPORTS",
    "SCHEMA_META",
    "SIGNALS",
    "TABLES",
    "TEXT_KEYS",
    "TEXT_MINUTES",
    "Column",
    "Table",
]

TABLES: tuple[Table, ...] = (
    EVENTS,
    FEATURE_SETS,
    EVENT_TEXT,
    REJECTS,
    BLOCKS,
    CLOSES,
    MINUTES,
    MINUTES_LATE,
    PROFILES,
    READINGS,
    SIGNALS,
    ALERTS,
    INCIDENTS,
    LABELS,
    BASELINES,
    SCHEMA_META,
    ACTIONS,
    ERROR_RATES,
    PRINCIPAL_MINUTES,
    DELIVERIES,
    TEXT_MINUTES,
    TEXT_KEYS,
    REPORTS,
    AUDIT,
    DRILLS,
    ASSETS,
    NOTICES,
)
BY_NAME = {table.name: table for table in TABLES}
