"""What null replay found of a rule whose detector only says yes or no: `[calibration]` in the rule's file."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Counted from `since` (UTC) on. `false_per_week` is of one model: at most so many false tickets."""

    since: Annotated[datetime, msgspec.Meta(tz=True)]
    false_per_week: float
    tickets: int  # false ones in the weeks that were drawn
    weeks: float  # of one model each, of healthy days that they were drawn from
    pane_minutes: int
    of: str  # `schemas.rules.decisive` of the rule as it was measured

    @property
    def since_ns(self) -> int:
        return int(self.since.timestamp()) * 1_000_000_000
