"""What a detector says of one reading."""

from __future__ import annotations

from typing import NamedTuple


class Verdict(NamedTuple):
    """`verdict` is BREACH, QUIET or NOT_ENOUGH of `schemas.signals`."""

    verdict: str
    p: float | None
    effect: float | None
    reason: str
