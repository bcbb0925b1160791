"""Who asks one model after the other, over all models of a shard: what no single model can see.

Nothing is carried: who was first heard where, and when, stands in the models' own states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from monitors.abuse import DAY, Access, Found, began, models
from monitors.modelstate import ModelState
from monitors.week import HOUR_NS
from schemas.events import MINUTE_NS

LEAST = 3  # models that anybody looks at


def tried(at_ns: int, states: Sequence[ModelState]) -> Iterator[tuple[Found, ModelState]]:
    """Who asked some model for the first time in the pane that ends at `at_ns`, and several within two hours.

    With one of the models it has just asked, which is to tell. Models of which a day is not known do not count.
    """
    hour = (at_ns - MINUTE_NS) // HOUR_NS
    old = [state for state in states if hour - state.first_ns // HOUR_NS >= DAY]
    fresh = {name: state for state in reversed(old) for name in state.accuser.access.fresh}
    if len({state.model for state in old}) < LEAST or not fresh:
        return
    first: dict[str, list[tuple[int, str]]] = {}
    for state in old:
        for name, activity in state.principals.items():
            began_here = first.setdefault(name, [])
            if activity.hours and began(activity) - state.first_ns // HOUR_NS >= DAY:
                began_here.append((began(activity), state.model))
    now = {name: sorted({model for when, model in first.get(name, ()) if when >= hour - 1}) for name in sorted(fresh)}
    contacts = {name: tuple(found) for name, found in now.items() if len(found) >= LEAST}
    if contacts:
        most = {name: max(Counter(when for when, _ in found).values(), default=0) for name, found in first.items()}
        for name, asked in contacts.items():
            others = [many for other, many in most.items() if other != name]
            access = Access(hour, 0, {}, {}, {}, {name: asked}, others)
            yield from ((found, fresh[name]) for found in models.seen(access))
