"""Events that a rule looks for (its `match`): their share among those it looks at, with its exact p.

`match.share` is a reading per rule, its feature the rule's id: of all events, or of those with a prompt or with a reply
where the rule asks about one. The reference is what the rule matched while the baseline was learnt; a baseline that is
older than the rule has none, and then p is None. Not counted by segment; by principal in `monitors.readings.counts`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from monitors.pane import Pane
from monitors.readings_kit import reference_of, share_reading
from monitors.view import View
from schemas.events import Ints
from schemas.readings import Reading

SPARSE = True
WHOLE = True
MATCH = "match:"
AMONG = {"events": "n", "prompts": "prompts", "replies": "replies"}  # the vector that begins with their number


def summarise(view: View) -> dict[str, Ints]:
    """`match:AMONG:RULE`: events that matched, and, while a baseline is learnt, those the rule looked at."""
    found: dict[str, Ints] = {}
    learning = view.prepared is None
    for rule, matched in view.places.matched.items():
        hit = matched.hit[view.rows]
        if not matched.by and (learning or hit.any()):
            looked = view.sums(matched.looked[view.rows] & learning)
            found[f"{MATCH}{matched.among}:{rule}"] = np.hstack([view.sums(hit), looked])
    return found


def read(pane: Pane) -> Iterable[Reading]:
    """One share per rule that matched now, or was asked while the baseline was learnt."""
    known = () if pane.prepared is None else pane.prepared.baseline.vectors
    for name in sorted({name for name in (*pane.total.vectors, *known) if name.startswith(MATCH)}):
        among, rule = name.removeprefix(MATCH).split(":", 1)
        total, counts = pane.total.vectors.get(AMONG[among]), pane.total.vectors.get(name)
        if total is None or not total[0]:
            continue
        usual, all_usual = reference_of(pane, name, 2), pane.expected(AMONG[among])
        before = None
        if usual is not None and usual[1] and all_usual is not None:
            before = (int(usual[0]), int(all_usual[0]))
        hits = 0 if counts is None else int(counts[0])
        yield share_reading(pane, "match.share", hits, int(total[0]), before, feature=rule)
