"""Who asks one model after the other, over all models of a shard: what no single model can see.

Nothing is carried: who was first heard where, and when, stands in the models' own states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from monitors.abuse import DAY, Access, Found, began, models
from monitors.modelstate import ModelState
from monitors.week import HOUR_NS
from schemas.events import MINUTE_NS

LEAST = 3  # models that anybody looks at


def tried(at_ns: int, states: Sequence[ModelState]) -> Iterator[tuple[Found, ModelState]]:
    """Who asked some model for the first time in the pane that ends at `at_ns`, and several within two hours.

    With one of the models it has just asked, which is to tell. Models of which a day is not known do not count; all
    versions are one model, or a release that clients come to one by one would look like this.
    """
    hour = (at_ns - MINUTE_NS) // HOUR_NS
    since: dict[str, int] = {}  # of each model: when any version was first heard
    for state in states:
        since[state.model] = min(state.first_ns // HOUR_NS, since.get(state.model, hour))
    old = [state for state in states if hour - since[state.model] >= DAY]
    fresh = {name: state for state in reversed(old) for name in state.accuser.access.fresh}
    if len({state.model for state in old}) < LEAST or not fresh:
        return
    begun = _begun(old, since)
    now = {name: sorted(m for m, when in begun.get(name, {}).items() if when >= hour - 1) for name in sorted(fresh)}
    contacts = {name: tuple(found) for name, found in now.items() if len(found) >= LEAST}
    if contacts:
        most = {name: max(Counter(asked.values()).values(), default=0) for name, asked in begun.items()}
        for name, asked_now in contacts.items():
            others = [many for other, many in most.items() if other != name]
            access = Access(hour, 0, {}, {}, {}, {name: asked_now}, others)
            yield from ((found, fresh[name]) for found in models.seen(access))


def _begun(states: Sequence[ModelState], since: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Of each principal: the hour it first asked each model that was known for a day then."""
    first: dict[str, dict[str, int]] = {}
    for state in states:
        for name, activity in state.principals.items():
            asked = first.setdefault(name, {})
            if activity.hours:
                asked[state.model] = min(began(activity), asked.get(state.model, began(activity)))
    return {name: {m: when for m, when in asked.items() if when - since[m] >= DAY} for name, asked in first.items()}
