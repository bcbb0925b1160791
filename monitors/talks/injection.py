"""Prompts that try to make the model break its rules, more of them than a customer's honest words are taken for.

One such prompt is a mishap of the score or a joke; the test asks how many there are among all this principal's prompts.
Blind to attacks that the score does not know, and slow where they are rare among honest questions.
"""

from __future__ import annotations

from monitors.talk import Crowd, Past
from schemas.texts import TextRow

METRIC = "text.injection"
LEVELS = (500, 900, 990)  # thousandths
# Of benign sources never trained on at most 4 in 100 reach the first, most of those of the developer corpus far fewer.
NULLS = (0.05, 0.015, 0.005)


def seen(turn: TextRow, past: Past, crowd: Crowd) -> tuple[int, ...]:
    """Whether the prompt's score reaches each level."""
    if turn.score < 0:
        return (-1,) * len(LEVELS)
    return tuple(int(turn.score >= level) for level in LEVELS)
