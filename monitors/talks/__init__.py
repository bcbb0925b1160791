"""What a principal does to a language model over time, one module per threat.

A module has a `METRIC`, the name of its readings; `NULLS`, the benign rates of its observations; and `seen(turn, past,
crowd)`, one answer per observation: 1 yes, 0 no, -1 not asked. A turn is judged by what was before it. Against every
observation a bet is laid (`monitors.wealth`), and the threat whose bets won most gives the finding its name. With
`DOES = False` the principal is not named as the one who did it. A new threat is a new file here; threats do not import
each other.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from monitors.talk import Crowd, Past
from schemas.texts import TextRow


class Threat(Protocol):
    """What every module of this folder offers."""

    METRIC: str
    NULLS: tuple[float, ...]

    def seen(self, turn: TextRow, past: Past, crowd: Crowd) -> tuple[int, ...]:
        """One answer for each of `NULLS`."""


THREATS: tuple[Threat, ...] = tuple(
    cast(Threat, import_module(f"{__name__}.{name}")) for name in sorted(m.name for m in iter_modules(__path__))
)
METRICS = tuple(threat.METRIC for threat in THREATS)
