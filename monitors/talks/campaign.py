"""The same suspicious prompt from several principals: a recipe that is passed on, or one attacker with many names.

Yes where the very words were sent before by somebody else and are at least a little suspicious; buttons and examples
that all customers click are not. Blind to recipes that everybody words anew.
"""

from __future__ import annotations

from monitors.talk import LOOKS, Crowd, Past
from schemas.texts import TextRow

METRIC = "text.campaign"
NULLS = (0.02,)


def seen(turn: TextRow, past: Past, crowd: Crowd) -> tuple[int, ...]:
    """Whether the suspicious words were somebody else's first."""
    if turn.score < 0:
        return (-1,)
    mine = any(before.same == turn.same for before in past.turns)
    return (int(turn.score >= LOOKS and turn.same in crowd.prompts and not mine),)
