"""The alerts of the time a baseline was learnt from: what it calls normal may be the trouble itself.

Asked of the store whenever a baseline is proposed, compared or approved, so verdicts given meanwhile count. Limits: an
alert is named, not weighed; trouble that no alert saw is not found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.actions import EXPECTED, FALSE_ALARM
from schemas.baselines import Baseline
from streams.store import Store
from streams.terminal import plain, some

SHOWN = 10  # alerts, and principals of each
Row = Mapping[str, Any]
ALERTS = """
SELECT id, level, state, family, principals, summary
FROM (
    SELECT * FROM alerts_now
    WHERE model = {model:String} AND version = {version:String} AND first_seen_ns < {until_ns:Int64}
    ORDER BY id, transition DESC LIMIT 1 BY id
) AS told
LEFT JOIN (
    SELECT subject, argMax(value, (at_ns, id)) AS said FROM actions_now
    WHERE kind = 'alert' AND action = 'verdict' GROUP BY subject
) AS acts ON subject = told.id
WHERE level IN ('ticket', 'page') AND said NOT IN {settled:Array(String)}
    AND (resolved IS NULL OR toUnixTimestamp64Nano(assumeNotNull(resolved)) >= {from_ns:Int64})
ORDER BY first_seen_ns, id
"""


async def alerts_in(store: Store, baseline: Baseline) -> list[dict[str, Any]]:
    """Tickets and pages of its model version open at some moment of its time; none that was called false or expected.

    Raises StoreUnavailable or StoreRefused.
    """
    asked = {
        "model": baseline.model,
        "version": baseline.version,
        "from_ns": baseline.learnt_from_ns,
        "until_ns": baseline.learnt_to_ns,
        "settled": [FALSE_ALARM, EXPECTED],
    }
    return [dict(row) for row in await store.query(ALERTS, asked)]


def warning(baseline: Baseline, alerts: Sequence[Row]) -> list[str]:
    """Lines for who proposes or approves it; none without alerts.

    The share is that of the named principals' events among all that the baseline counts.
    """
    if not alerts:
        return []
    some = f"{len(alerts):,} alert{'s lie' if len(alerts) > 1 else ' lies'}"
    head = f"warning: {some} in the time that {baseline.id} was learnt from, so it may hold trouble to be normal"
    named = {name for row in alerts for name in row["principals"]}
    events = sum(baseline.principals[name][0] for name in named if name in baseline.principals)
    if events:
        head += f"; at least {events / baseline.events:.1%} of its events are from those accused"
    told = [f"  {row['level']}  {row['id']}  {row['family']}  {row['summary']}{_who(row)}" for row in alerts[:SHOWN]]
    if len(alerts) > SHOWN:
        told.append(f"  and {len(alerts) - SHOWN:,} more")
    return [plain(line) for line in (head, *told)]


def _who(row: Row) -> str:
    return f"  [{some(row['principals'], SHOWN)}]" if row["principals"] else ""
