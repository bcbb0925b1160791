"""Events that a rule with `per` looks for, counted by principal, or by session of one (names in `schemas.counts`).

`match.count` is judged as soon as it is read (`monitors.counters`). `match.beyond` is how many matching events of a
pane came from principals beyond `line.max_principals`, which are counted together: who hides among many is in it.
Events that name nobody are looked at and not counted.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from monitors.pane import Pane
from monitors.view import View, coded
from schemas.counts import BY, asked, name_of
from schemas.events import OTHER, Ints
from schemas.readings import Reading

SPARSE = True
WHOLE = True
EVERY_PANE = True
AT_ONCE = ("match.count",)
WITHOUT_P = (*AT_ONCE, "match.beyond")


def summarise(view: View) -> dict[str, Ints]:
    """Matching events of each who sent any, and how many events the rule looked at."""
    found: dict[str, Ints] = {}
    batch = view.batch
    for rule, matched in view.places.matched.items():
        if not matched.by:
            continue
        looked = view.sums(matched.looked[view.rows])
        found[asked(rule)] = np.hstack([np.zeros_like(looked), looked])
        rows = np.flatnonzero(matched.hit[view.rows])
        at = view.rows[rows].tolist()
        columns = (batch.principal, batch.session) if matched.by == "session" else (batch.principal,)
        senders, codes = coded(list(zip(*([column[row] for row in at] for column in columns), strict=True)))
        counts = np.zeros((len(senders), view.groups), dtype=np.int64)
        np.add.at(counts, (codes, view.group[rows]), 1)
        found |= {name_of(rule, who): each[:, None] for who, each in zip(senders, counts, strict=True) if who[-1]}
    return found


def read(pane: Pane) -> Iterable[Reading]:
    """What could not be told apart, where there is any."""
    for name, counts in sorted(pane.total.vectors.items()):
        if name.startswith(BY) and name.endswith(OTHER) and counts[0]:
            yield pane.reading("match.beyond", int(counts[1]), float(counts[0]), feature=name.split(":", 2)[1])
