"""A principal that nobody knew an hour ago, and that asks more than anybody does.

The busier of its first two hours against the busiest hour of each who is known for a day. Looked at from a version's
second day on, when not everybody is new; with fewer than nineteen others nothing is rare enough. Who asked another
version of the model before is no newcomer.

Blind spots. Newcomers who begin gently, or with another version; a stolen key of a known principal; names
beyond the number that is counted. A back-fill by a new client looks the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitors.abuse import DAY, WEEK, Access, Found, began

METRIC = "abuse.newcomer"


def seen(access: Access) -> Iterable[Found]:
    """Newcomers of the last two hours who asked in this pane."""
    if access.hour - access.first_hour < DAY:
        return
    first = {name: began(activity) for name, activity in access.known.items() if activity.hours}
    fresh = [name for name in sorted(access.asked) if first.get(name, 0) >= access.hour - 1]
    fresh = [name for name in fresh if min(access.moved(name), default=access.hour) >= access.hour - 1]
    since = max(access.first_hour + DAY, access.hour - WEEK)
    before = sum(since <= hour < access.hour - 1 for hour in first.values()) if fresh else 0
    for name in fresh:
        many = max(access.known[name].hours.values())
        yield access.heavy(METRIC, name, many, 0, before, "not heard before")
