"""tmp"""
from __future__ import annotations
from typing import ClassVar
from monitors.verdict import Verdict
from schemas.readings import Reading
from schemas.signals import BREACH, NOT_ENOUGH, QUIET


class Significant:
    calibrated: ClassVar[bool] = True
    memory: ClassVar[int] = 0

    def __init__(self, alpha: float = 1e-6, min_n: int = 100, min_effect: float = 0.0) -> None:
        self.alpha, self.min_n, self.min_effect = alpha, min_n, min_effect

    def update(self, reading: Reading) -> Verdict:
        if reading.p is None or reading.value is None or reading.n < self.min_n:
            return Verdict(NOT_ENOUGH, reading.p, reading.effect, f"not enough data: n = {reading.n}")
        hit = reading.p <= self.alpha and (reading.effect or 0) >= self.min_effect
        return Verdict(BREACH if hit else QUIET, reading.p, reading.effect, f"p = {reading.p:.1e}, effect {reading.effect:.3g}")
