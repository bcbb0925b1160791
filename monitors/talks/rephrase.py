"""A question that was refused, asked again in other words: once is honest, again and again is looking for a way around.

Asked only of the next prompt within ten minutes of a refusal; yes if it shares words with the refused one without being
the same, and one of the two is a little suspicious. Blind to a way around in quite other words, and to retries later.
"""

from __future__ import annotations

from monitors.talk import LOOKS, NEAR, Crowd, Past, alike
from schemas.texts import TextRow

METRIC = "text.rephrase"
NULLS = (0.2,)
SOON_NS = 600_000_000_000


def seen(turn: TextRow, past: Past, crowd: Crowd) -> tuple[int, ...]:
    """Whether a refused question is asked again."""
    if turn.score < 0 or not past.turns:
        return (-1,)
    before = past.turns[-1]
    if before.refused != 1 or turn.time - before.time > SOON_NS:
        return (-1,)
    again = before.same != turn.same and alike(before.like, turn.like) >= NEAR
    return (int(again and max(turn.score, before.score) >= LOOKS),)
