"""Null replay: how often a rule that only says yes or no opens a ticket on days on which nothing happened.

The days are drawn into weeks and judged by `monitors.realised`, by this rule alone; its limits are those of this, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from monitors.realised import Realised
from schemas.calibration import Calibration
from schemas.rules import Rule, decisive

EVER = datetime.min.replace(tzinfo=UTC)


def free(rule: Rule, pane_minutes: int) -> Rule:
    """The rule as null replay judges it: it opens whatever it confirms."""
    known = Calibration(since=EVER, false_per_week=0.0, tickets=0, weeks=0.0, pane_minutes=pane_minutes, of="")
    return msgspec.structs.replace(rule, calibration=msgspec.structs.replace(known, of=decisive(rule)))


def calibration(rule: Rule, found: Iterable[Realised], since: datetime, pane_minutes: int) -> Calibration:
    """What weeks drawn from healthy days say; at least one model must have been measured.

    Weeks that were drawn count for no more than the healthy weeks they were drawn from, and one false ticket more than
    was seen is taken to be there: (k + 1) / n, so that n weeks without one prove a rate of 1 / n and no less.
    """
    measured = [(each, min(each.weeks, each.days / 7)) for each in found]
    weeks = sum(healthy for _, healthy in measured)
    false = sum(each.tickets / each.weeks * healthy for each, healthy in measured)
    return Calibration(
        since=since,
        false_per_week=(false + 1) / weeks,
        tickets=sum(each.tickets for each, _ in measured),
        weeks=round(weeks, 3),
        pane_minutes=pane_minutes,
        of=decisive(rule),
    )
