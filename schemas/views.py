"""Views over several tables, beside the deduplicating one that each table has."""

from __future__ import annotations

from schemas.judge_tables import ALERTS

_ALERT = ", ".join(column.name for column in ALERTS.columns)
# Alerts as people see them: those of the ledger, and what was told before its minute closed and is not there. Who
# counts them leaves out what did not hold: `early IN ('', 'told')` of each one's last transition, which no view has.
ALERTS_TOLD = f"""CREATE VIEW IF NOT EXISTS alerts_told AS
SELECT {_ALERT}, '' AS early FROM alerts_now
UNION ALL
SELECT {_ALERT}, early FROM notices_now
WHERE id NOT IN (SELECT id FROM alerts)"""  # noqa: S608 - our own names
VIEWS = {"alerts_told": ALERTS_TOLD}
