"""How often it happened at a score, learnt from the labels themselves: one source against all the others.

Per source counts by bin of the score, so that what a source says never explains that source, and so that one found to
lie can be left out, its past included. The past fades, for the world changes.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from schemas.events import Floats, Ints

EDGES = np.array([0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
BINS = len(EDGES) + 1
TRUST = 5.0  # labels that a score itself is worth, as long as few have come
WARM = 200.0  # labels before anything can be said of anybody
MOST_OWN = 1 / 3  # of all labels; who gives more cannot be compared with the rest, only with what was
UNSURE = 0.5  # standard errors


def bin_of(score: Floats) -> Ints:
    """Each score's bin."""
    return np.searchsorted(EDGES, score, side="right")


class Calibration:
    """`table[s]` are source s's labels and positives by bin, shape (2, BINS); sums of scores go beside them."""

    def __init__(self) -> None:
        self.table: dict[str, Floats] = {}

    def add(self, source: str, score: Floats, true: Floats) -> None:
        """Count one source's labels."""
        at = bin_of(score)
        rows: Floats = np.stack([np.bincount(at, weights=w, minlength=BINS) for w in (np.ones(len(at)), true, score)])
        self.table[source] = self.table[source] + rows if source in self.table else rows

    def fade(self, by: float) -> None:
        """What was counted weighs that much less."""
        for source in self.table:
            self.table[source] = self.table[source] * by

    def total(self, without: Collection[str]) -> Floats:
        """Counts of all sources but these, shape (3, BINS)."""
        kept = [rows for source, rows in sorted(self.table.items()) if source not in without]
        return np.sum(kept, axis=0) if kept else np.zeros((3, BINS))

    def shares(self) -> dict[str, float]:
        """Each source's part of all labels counted."""
        n = {source: float(rows[0].sum()) for source, rows in sorted(self.table.items())}
        total = sum(n.values()) or 1.0
        return {source: count / total for source, count in n.items()}

    def others(self, total: Floats, without: Collection[str], source: str) -> Floats:
        """That total less what this source said, if it is in it; all of it where the others say too little."""
        if source in without or source not in self.table:
            return total
        n, mine = total[0].sum(), self.table[source][0].sum()
        return total if mine > MOST_OWN * n or n - mine < WARM else total - self.table[source]


def expected(counts: Floats, score: Floats) -> tuple[Floats, Floats]:
    """The chance of it at these scores, as low and as high as it may well be."""
    at = bin_of(score)
    n, k = counts[0][at], counts[1][at]
    chance = np.clip((k + TRUST * score) / (n + TRUST), 0.002, 0.998)
    error = UNSURE * np.sqrt(chance * (1 - chance) / (n + TRUST)) + 1 / (n + TRUST)
    return np.maximum(chance - error, 0.001), np.minimum(chance + error, 0.999)
