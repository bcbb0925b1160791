"""Prompts that ask what the model was told, which tools it has and what it keeps: looking around before the attack.

Yes where the grammar finds a demand for the instructions or for what stands above. Blind to questions in other words.
"""

from __future__ import annotations

from monitors.talk import REVEAL, Crowd, Past
from schemas.texts import TextRow

METRIC = "text.reconnaissance"
NULLS = (0.02,)


def seen(turn: TextRow, past: Past, crowd: Crowd) -> tuple[int, ...]:
    """Whether the prompt asks for the instructions."""
    return (-1,) if turn.score < 0 else (int(REVEAL in turn.asked),)
