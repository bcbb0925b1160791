"""Tools called for one principal that the baseline never called.

Names of tools fall into sixteen buckets, so a new tool may hide in an old one's. Asked where the reply calls a tool and
the baseline knew any. Blind to arguments, of which `tool_arguments` tells.
"""

from __future__ import annotations

from monitors.talk import TOOLS, Crowd, Past
from schemas.texts import TextRow

METRIC = "text.tool_abuse"
NULLS = (0.03,)


def seen(turn: TextRow, past: Past, crowd: Crowd) -> tuple[int, ...]:
    """Whether a tool is called that the baseline had not."""
    if not turn.tools or crowd.law is None or not crowd.law.tools:
        return (-1,)
    return (int(any(tool % TOOLS not in crowd.law.tools for tool in turn.tools)),)
