"""Which word says how a model is, and why: well, learning, suspected, silent or trouble. Pure.

Silence is judged by the model's own habit: one that speaks twice a day is not silent after a quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dashboards.console.view import DAY_NS, MINUTE_NS
from dashboards.console.words import count, duration
from schemas.sections import Judge

WORDS = ("trouble", "silent", "suspected", "learning", "well")  # most severe first
QUIET_NS = 15 * MINUTE_NS


class Health(NamedTuple):
    """One word and the sentence that explains it."""

    word: str
    reason: str

    @property
    def rank(self) -> int:
        return WORDS.index(self.word)


def patience(active_minutes: int, first_ns: int, now_ns: int) -> int:
    """How long a model may say nothing before that is remarkable, ns: ten of its usual gaps, at least 15 minutes."""
    seen_ns = max(MINUTE_NS, min(DAY_NS, now_ns - first_ns))
    usual_gap = seen_ns / max(1, active_minutes)
    return int(max(QUIET_NS, 10 * usual_gap))


def model_health(
    open_alerts: Mapping[str, int], last_ns: int, patience_ns: int, now_ns: int, learning: str = ""
) -> Health:
    """`open_alerts` is level -> number. `last_ns` is the newest closed minute, 0 if none was seen.

    `learning` says how far the first baseline is, as `learnt` does; empty: there is one.
    """
    pages, tickets = open_alerts.get("page", 0), open_alerts.get("ticket", 0)
    if pages or tickets:
        parts = [f"{n} open {name}{'s' if n > 1 else ''}" for n, name in ((pages, "page"), (tickets, "ticket")) if n]
        return Health("trouble", " and ".join(parts))
    gap = now_ns - last_ns
    if gap > patience_ns:
        return Health("silent", f"no events for {duration(gap)}" if last_ns else "no events")
    if suspected := open_alerts.get("suspected", 0):
        return Health("suspected", f"{suspected} suspicion{'s' if suspected > 1 else ''}, not certain enough to act on")
    if learning:
        return Health("learning", f"no baseline yet: {learning}")
    return Health("well", "nothing unusual")


def learnt(row: Mapping[str, Any], judge: Judge) -> str:
    """How far a first baseline is, of a row of `models_unlearnt`."""
    minutes = (row["last_ns"] - row["first_ns"]) // MINUTE_NS + 1
    parts = [
        f"{count(have)} of {count(need)} {what}"
        for have, need, what in (
            (row["events"], judge.baseline_events, "answers"),
            (minutes, judge.baseline_minutes, "minutes"),
        )
        if have < need
    ]
    return ", ".join(parts) or "it is being learnt from live events"
