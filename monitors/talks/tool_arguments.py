"""Tools called for one principal with arguments, or towards hosts, that no call of the baseline had.

Of a call the names of its arguments count, and each host that a link or an address in them leads to; values do not.
Both fall into `SHAPES` buckets, so something new may hide in what is old. Asked where the reply calls a tool and the
baseline knew any call. Blind to a known argument with a bad value, and to tools whose every call has other names.
"""

from __future__ import annotations

from monitors.talk import SHAPES, Crowd, Past
from schemas.texts import TextRow

METRIC = "text.tool_arguments"
NULLS = (0.03,)


def seen(turn: TextRow, past: Past, crowd: Crowd) -> tuple[int, ...]:
    """Whether a call has a shape or a host that the baseline had not."""
    if not turn.shapes or crowd.law is None or not crowd.law.shapes:
        return (-1,)
    return (int(any(shape % SHAPES not in crowd.law.shapes for shape in turn.shapes)),)
