"""A session that works its way up: prompt after prompt is more of an attack than all before it.

Asked from the fourth prompt of a session on. In an honest session the order of scores says nothing, so that the newest
is the highest at most one time in four; that it is suspicious as well is rarer. Blind without sessions in the log.
"""

from __future__ import annotations

from monitors.talk import LOOKS, Crowd, Past
from schemas.texts import TextRow

METRIC = "text.escalation"
NULLS = (0.25,)
EARLIER = 3


def seen(turn: TextRow, past: Past, crowd: Crowd) -> tuple[int, ...]:
    """Whether the prompt is the highest of its session."""
    prompts, most = past.session(turn.session)
    if turn.score < 0 or not turn.session or prompts < EARLIER:
        return (-1,)
    return (int(turn.score > most and turn.score >= LOOKS),)
