"""A principal with regular hours that asks at an hour at which, on none of the last seven days, it ever did.

Of whoever was heard on five days or more, the events at such hours within one day, against all such days of all such
principals in the last week, each compared with its other days; an hour beside a usual one is usual, and so is one at
which it asked another version of the model.

Blind spots. Principals without regular hours, or heard on few days; models with fewer than nineteen such days of
others; whoever uses a stolen key when its owner works; shifts that change every week look odd every week.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median

import numpy as np
from numpy.typing import NDArray

from monitors.abuse import DAY, SURE, WEEK, Access, Found
from schemas.events import Floats

METRIC = "abuse.odd_hours"
LEAST = 20  # events that anybody looks at
REGULAR = 5  # days heard, of the seven before
DAYS = WEEK // DAY + 1


def seen(access: Access) -> Iterable[Found]:
    """Those of this pane who are heard at an hour that is odd for them."""
    if access.hour - access.first_hour < WEEK + DAY:
        return
    around = {access.hour - DAY * day + near for day in range(1, DAYS) for near in (-1, 0, 1)}
    known = [(name, access.known[name].hours) for name in sorted(access.asked) if name in access.known]
    odd = [name for name, hours in known if access.hour in hours and around.isdisjoint(hours)]
    odd = [name for name in odd if around.isdisjoint(access.moved(name))]
    if not odd:
        return
    names = list(access.known)
    volume, regular = _volumes(np.stack([_week(access.known[name].hours, access.hour) for name in names]))
    for name in odd:
        at = names.index(name)
        others = np.delete(volume[1:], at, axis=1)[np.delete(regular[1:], at, axis=1)]
        many = int(volume[0, at])
        if not regular[0, at] or many < LEAST or not len(others):
            continue
        hours = access.known[name].hours
        own = max(
            (count for hour, count in hours.items() if access.hour - WEEK <= hour <= access.hour - DAY), default=1
        )
        as_many = int((others >= many).sum())
        why = (
            f"{many} events at hours at which it is never heard; of {len(others)} days of others {as_many} had as many"
        )
        p, allowed = (1 + as_many) / (1 + len(others)), min(SURE, 1 / (1 + len(others)))
        yield Found(METRIC, name, many, many, float(median(others)), p, allowed, many / own, why)


def _week(hours: Mapping[int, int], hour: int) -> Floats:
    """Shape (days, 24): events by day, today first, and by how many hours ago."""
    row = np.zeros(DAYS * DAY)
    for then, count in hours.items():
        if 0 <= hour - then < len(row):
            row[hour - then] = count
    return row.reshape(DAYS, DAY)


def _volumes(events: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Shape (days, principals): events at hours that are odd beside the other days; whether those are days enough."""
    heard: NDArray[np.bool_] = events.reshape(len(events), -1) > 0
    near = heard.copy()
    near[:, 1:] |= heard[:, :-1]
    near[:, :-1] |= heard[:, 1:]
    near = near.reshape(events.shape)
    active = np.any(heard.reshape(events.shape), axis=2)
    # Today is not over: it is looked at, and nothing is compared with it.
    today = np.zeros(DAYS, dtype=np.bool_)
    today[0] = True
    elsewhere = near[:, 1:].sum(axis=1, keepdims=True) - (near & ~today[:, None])
    days = active[:, 1:].sum(axis=1, keepdims=True) - (active & ~today)
    odd = np.where(elsewhere > 0, 0.0, events).sum(axis=2)
    regular: NDArray[np.bool_] = (days >= REGULAR) & active
    return odd.T, regular.T
