"""How many events, and whether a model or a principal that used to talk has fallen silent (methods §5).

`volume.events` is per minute. `volume.silence` and `principal.silence` carry the chance that, of a Poisson process with
c events in its quietest usual hour, none falls into the silent minutes that follow: (60 / (60 + minutes))^c. That holds
whatever the true rate is, so a rate guessed from few events does not cry wolf; where events come in bursts it is the
chance that a pause goes on as long, if that is larger. Blind to clients that were rarely heard.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitors.activity import Activity
from monitors.pane import Pane
from monitors.statistics import SMALLEST
from monitors.view import View
from schemas.events import MINUTE_NS, Ints
from schemas.readings import Reading

TOGETHER = True
WITHOUT_P = ("volume.events",)
EVERY_PANE = True
SPEAKS_UP = 2  # events in the quietest hour; below that a silence says nothing within days


def summarise(view: View) -> dict[str, Ints]:
    """`n`: events."""
    return {"n": view.counts(view.group * 0, 1)}


def read(pane: Pane) -> Iterable[Reading]:
    """Volume of the pane, and silences that last to its end."""
    yield pane.reading("volume.events", pane.n, pane.n / pane.minutes)
    until = pane.at_ns if pane.heard_ns is None else min(pane.at_ns, pane.heard_ns)
    yield from _silence(pane, "volume.silence", "", pane.activity, until)
    # While nobody is heard the model is silent, not each of its clients: one trouble is told once.
    heard = min(pane.at_ns, pane.activity.last_ns)
    for principal, activity in sorted(pane.principals.items()):
        yield from _silence(pane, "principal.silence", principal, activity, heard)


def _silence(pane: Pane, metric: str, principal: str, activity: Activity, until_ns: int) -> Iterable[Reading]:
    usual = activity.lowest_per_hour(pane.hour, pane.first_hour)
    if usual is None or usual < SPEAKS_UP:
        if _returned(pane, activity):
            yield pane.reading(metric, 1, 0.0, principal=principal, p=1.0)
        return
    minutes = max(0.0, (until_ns - activity.last_ns) / MINUTE_NS)
    yield pane.reading(
        metric,
        usual,
        minutes,
        principal=principal,
        expected=60 / usual,
        p=max(activity.surprise(minutes, usual, pane.hour, pane.first_hour), SMALLEST),
        effect=usual * minutes / 60,
        evidence=lambda: {"rate_per_minute": usual / 60, "last_seen_ns": activity.last_ns, "silent_minutes": minutes},
    )


def _returned(pane: Pane, activity: Activity) -> bool:
    """Heard again after an hour or more: a silence that was told must end, even where no rate is known any longer."""
    heard = activity.last_ns > pane.at_ns - pane.minutes * MINUTE_NS
    return heard and not activity.hours.get(pane.hour) and not activity.hours.get(pane.hour - 1)
