"""A `Found`: what the labels of the last panes say of one source, range or trigger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SUSPECT = 20.0  # capital from which labels are explained: no evidence against others, and no calibration


@dataclass(frozen=True, slots=True)
class Found:
    """`capital` bounds the chance p = 1 / capital a week; `effect` is the share of labels that are wrong, 0 to 1."""

    metric: str
    name: str  # feature or combination; source
    n: int
    capital: float
    effect: float
    value: float
    expected: float
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def p(self) -> float:
        return min(1.0, 1.0 / self.capital) if self.capital > 0 else 1.0
