"""A `Sample`: the rows a baseline is learnt from, lined up with its features, for families that learn from them too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.baselines import Baseline
from schemas.events import Floats
from schemas.summaries import SampleRow


@dataclass(frozen=True, slots=True)
class Sample:
    """`x` is (rows, numeric features of the baseline), NaN where missing; rows are in the order of their hash."""

    baseline: Baseline
    rows: Sequence[SampleRow]
    x: Floats
