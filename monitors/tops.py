"""Class probabilities as columns: the largest of each row, and how undecided the row is.

Only what can be probabilities is used: numbers from 0 to 1 that add up to 1 (within `ROUNDED`). Everything else, logits
for instance, is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.events import Floats

ROUNDED = 0.02  # producers round their probabilities


class Tops(NamedTuple):
    """Per row: whether there is a list, its largest probability, and its entropy: 0 one class is sure, 1 all alike.

    `entropy` is NaN below three classes: of two it says nothing that the larger one does not.
    """

    listed: NDArray[np.bool_]
    top: Floats
    entropy: Floats


def tops(scores: Sequence[Sequence[float | None] | None]) -> Tops:
    """Rows of one length at a time, so that rows are worked on in C."""
    lengths = np.fromiter((len(row) if row else 0 for row in scores), np.int64, len(scores))
    result = Tops(lengths > 0, np.full(len(scores), np.nan), np.full(len(scores), np.nan))
    for length in np.unique(lengths[lengths > 1]).tolist():
        rows = np.flatnonzero(lengths == length)
        p = np.array([scores[i] for i in rows.tolist()], dtype=np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            good = (p >= 0).all(axis=1) & (p <= 1).all(axis=1) & (np.abs(p.sum(axis=1) - 1) <= ROUNDED)
        rows, p = rows[good], p[good]
        result.top[rows] = p.max(axis=1) if len(p) else 0.0
        if length > 2:
            terms = np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0)), 0.0)
            result.entropy[rows] = np.clip(-terms.sum(axis=1) / np.log(length), 0.0, 1.0)
    return result
