"""Sources whose labels contradict what everybody else's say at the same score: a poisoner with an account.

Each source is compared with all the others and with its own past. A source that was always a little careless is not
named; one that turns a fifth of its labels round is, from the first day too.

Blind spots: fewer than some dozen labels; lies at the rate of its own honest errors; many sources that each tell few.

Reference: B. Biggio, B. Nelson, P. Laskov, "Poisoning attacks against support vector machines", ICML 2012.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from monitors.poisoning.bank import Bank, Bounded, Honest
from monitors.poisoning.found import SUSPECT, Found

METRIC = "poisoning.source"
HONEST = Honest(least=(0.03, 0.03, 0.2), first=(0.1, 0.1, 0.3), most=(0.15, 0.15, 0.5), doubt=0.5)
MOST = 256  # sources watched by name


class Sources:
    """A bank with one series per source."""

    def __init__(self) -> None:
        self.bank = Bank(HONEST, MOST)

    def suspects(self) -> set[str]:
        """Sources whose labels teach nobody anything."""
        return {name for name, i in self.bank.place.items() if self.bank.capital[i] >= SUSPECT}

    def add(self, source: Sequence[str], pane: Bounded, at_ns: int) -> None:
        """Labels of one pane and who gave them."""
        self.bank.know(sorted(set(source)), at_ns)
        places = np.array([self.bank.place.get(name, -1) for name in source], dtype=np.int64)
        known = places >= 0
        if known.any():
            self.bank.add(places[known], pane.only(known), at_ns)

    def found(self, told: Collection[str] = ()) -> Iterator[Found]:
        """Every source, with the share of labels it gets wrong beyond what is usual."""
        for name, i in self.bank.place.items():
            if name and (self.bank.capital[i] >= 1 or name in told):
                yield self.bank.found(METRIC, i, name, {"label_sources": [name]})
