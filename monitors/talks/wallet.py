"""Events that use more tokens than 99 in 100 did in the baseline, most of one principal's: its questions cost money.

Sponge inputs that make the model write without end, or whole books as prompts. Blind to many cheap questions, and to
models that log no tokens.
"""

from __future__ import annotations

from monitors.talk import Crowd, Past
from schemas.texts import TextRow

METRIC = "text.wallet"
NULLS = (0.1,)


def seen(turn: TextRow, past: Past, crowd: Crowd) -> tuple[int, ...]:
    """Whether the event is heavy."""
    if turn.tokens < 0 or crowd.law is None or crowd.law.heavy == float("inf"):
        return (-1,)
    return (int(turn.tokens > crowd.law.heavy),)
