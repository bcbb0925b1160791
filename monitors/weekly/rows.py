"""`Rows`: events as columns, and the blocks of time they fall into. It holds values and judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.events import Floats, Ints

Texts = NDArray[Any]  # one str per row; "" is absent
BLOCKS = 28  # of a stretch of time: quarters of the days of a week


@dataclass(frozen=True, slots=True)
class Rows:
    """`num` NaN where missing, `cat` "" where missing; every array has one entry per row.

    `from_ns`, `until_ns` are the stretch the rows were drawn from, `drawn_from` how many events that stretch holds.
    """

    from_ns: int
    until_ns: int
    drawn_from: int
    ts_ns: Ints
    num: Mapping[str, Floats]
    cat: Mapping[str, Texts]
    score: Floats
    prediction: Texts
    label: Texts
    segment: Texts
    version: Texts

    def __len__(self) -> int:
        return len(self.ts_ns)

    @property
    def blocks(self) -> Ints:
        """The block of time of each row, 0 to BLOCKS - 1."""
        span = max(1, self.until_ns - self.from_ns)
        return np.clip((self.ts_ns - self.from_ns) * BLOCKS // span, 0, BLOCKS - 1)

    def where(self, keep: NDArray[np.bool_]) -> Rows:
        """Only some of the rows."""
        return Rows(
            self.from_ns,
            self.until_ns,
            self.drawn_from,
            self.ts_ns[keep],
            {name: values[keep] for name, values in self.num.items()},
            {name: values[keep] for name, values in self.cat.items()},
            self.score[keep],
            self.prediction[keep],
            self.label[keep],
            self.segment[keep],
            self.version[keep],
        )
