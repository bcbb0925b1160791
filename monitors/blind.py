"""When Mirqab itself sees too little: the thresholds of its blindness alarms, on counts taken elsewhere. Pure.

Silent models and principals are ordinary rules (`model_silent`, `principal_silent`). When these do not work: a source
that was broken from its first day has no better past to be compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

REJECTS, REJECTED_SHARE, TIMES = 20, 0.01, 5.0
READINGS = 24  # a metric that gave fewer in a day is no regular one


class Check(NamedTuple):
    """What a blindness alarm is and what to do first."""

    title: str
    level: str
    first_step: str


CHECKS = {
    "store_away": Check(
        "The store does not answer", "page", "Look at ClickHouse: is it up, is its disk full, do inserts fail?"
    ),
    "stuck_partition": Check(
        "Records wait and nobody reads them", "page", "Does mirqab worker run? Its log says why it stands still."
    ),
    "rejects_rising": Check(
        "Many records cannot be read", "ticket", "See the Rejects page: a producer may have changed its format."
    ),
    "readings_gone": Check(
        "A metric gives no readings any more", "ticket", "See the Coverage page: its input may be missing from the log."
    ),
}


def rejects_rising(now: tuple[int, int], before: tuple[int, int]) -> str:
    """Why too much is rejected, "" if not. Each pair is (rejects, records), now and in the day before.

    >>> rejects_rising((50, 1000), (1, 9000))
    '50 of 1,000 records were rejected, 5.00 %; the day before 0.01 %'
    >>> rejects_rising((50, 1000), (400, 9000))
    ''
    """
    share = now[0] / max(1, now[1])
    usual = before[0] / max(1, before[1])
    if now[0] < REJECTS or share < REJECTED_SHARE or share < TIMES * usual:
        return ""
    return f"{now[0]:,} of {now[1]:,} records were rejected, {share:.2%}; the day before {usual:.2%}".replace("%", " %")


def readings_gone(last: Mapping[str, int], before: Mapping[str, int]) -> list[str]:
    """Metrics that gave readings all day and none in the last hour, though others did; counts by metric.

    >>> readings_gone({"a": 9}, {"a": 200, "b": 200, "c": 3})
    ['b']
    """
    if not any(last.values()):
        return []
    return sorted(metric for metric, count in before.items() if count >= READINGS and not last.get(metric))


class Standing:
    """Partitions whose records nobody reads: a lag that stays while the committed offset does not move."""

    def __init__(self, patience_ns: int) -> None:
        self.patience_ns = patience_ns
        self.since: dict[tuple[str, int], tuple[int, int]] = {}

    def look(self, ends: Mapping[tuple[str, int], tuple[int, int]], now_ns: int) -> list[str]:
        """`ends` is (committed, end) by partition; returns those that stand, as topic/partition and how many wait."""
        found = []
        for partition, (committed, end) in sorted(ends.items()):
            at, since = self.since.get(partition, (committed, now_ns))
            if committed != at or end <= committed:
                since = now_ns
            self.since[partition] = committed, since
            if now_ns - since >= self.patience_ns:
                found.append(f"{partition[0]}/{partition[1]}: {end - committed:,} records")
        return found
