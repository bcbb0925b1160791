"""How many events, and whether a model or a principal that used to talk has fallen silent (methods §5).

`volume.events` is per minute. `volume.silence` and `principal.silence` carry p = P(no event) = exp(-rate x minutes)
under a Poisson process at the lowest rate usual at this hour. Blind to clients that were rarely heard.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitors.activity import Activity
from monitors.pane import Pane
from monitors.statistics import silence_p
from monitors.view import View
from schemas.events import MINUTE_NS, Ints
from schemas.readings import Reading

SPEAKS_UP = 0.02  # events per minute; below one in 50 minutes a silence says nothing within hours


def summarise(view: View) -> dict[str, Ints]:
    """`n`: events."""
    return {"n": view.counts(view.group * 0, 1)}


def read(pane: Pane) -> Iterable[Reading]:
    """Volume of the pane, and silences that last to its end."""
    yield pane.reading("volume.events", pane.n, pane.n / pane.minutes)
    yield from _silence(pane, "volume.silence", "", pane.activity)
    for principal, activity in sorted(pane.principals.items()):
        yield from _silence(pane, "principal.silence", principal, activity)


def _silence(pane: Pane, metric: str, principal: str, activity: Activity) -> Iterable[Reading]:
    rate = activity.rate_per_minute(pane.hour, pane.first_hour)
    if rate is None or rate < SPEAKS_UP:
        return
    minutes = max(0.0, (pane.at_ns - activity.last_ns) / MINUTE_NS)
    yield pane.reading(
        metric,
        round(rate * minutes),
        minutes,
        principal=principal,
        expected=1 / rate,
        p=silence_p(rate, minutes),
        effect=rate * minutes,
        evidence=lambda: {"rate_per_minute": rate, "last_seen_ns": activity.last_ns},
    )
