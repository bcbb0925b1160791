"""A principal most of whose requests fail, while those of the others do not.

Its failed requests within an hour against those of every hour of every principal in the last week. Where others fail
too the service is in trouble, and nobody is suspected.

Blind spots. Who fails seldom, or in hours in which most requests succeed; models with fewer than nineteen hours of any
principal to compare with; services that log no status. A client released with a mistake looks the same, and so does one
that tries again and again: what its queries look like is said.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitors.abuse import DAY, SURE, WEEK, Access, Found

METRIC = "abuse.failures"
MOSTLY = 0.5
TROUBLE = 0.2  # share of the others' requests that fail where it is the service


def seen(access: Access) -> Iterable[Found]:
    """Those of this pane most of whose requests of this hour failed."""
    if access.hour - access.first_hour < DAY:
        return
    failing = [name for name, row in sorted(access.asked.items()) if row[2] and _mostly(access, name, access.hour)]
    if not failing:
        return
    total = sum(activity.hours.get(access.hour, 0) for activity in access.known.values())
    failed = sum(hours.get(access.hour, 0) for hours in access.failed.values())
    for name in failing:
        mine, many = access.known[name].hours[access.hour], access.failed[name][access.hour]
        share = (failed - many) / (total - mine) if total > mine else 0.0
        if share >= TROUBLE:
            continue
        looked, as_many = 0, 0
        for other, activity in access.known.items():
            hours = [
                hour for hour in activity.hours if access.hour - WEEK <= hour and (other, hour) != (name, access.hour)
            ]
            looked += len(hours)
            if other in access.failed:
                theirs = access.failed[other]
                as_many += sum(theirs.get(hour, 0) >= many and _mostly(access, other, hour) for hour in hours)
        p, allowed = (1 + as_many) / (1 + looked), min(SURE, 1 / (1 + looked))
        why = f"{many} of {mine} requests of this hour failed, {share:.1%} of the others'"
        yield Found(METRIC, name, mine, many / mine, share, p, allowed, many / mine - share, why)


def _mostly(access: Access, name: str, hour: int) -> bool:
    if name not in access.known or name not in access.failed:
        return False
    return access.failed[name].get(hour, 0) >= MOSTLY * access.known[name].hours.get(hour, 1)
