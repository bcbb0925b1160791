"""Replies that tell one principal a value which another one gave or was shown: data cross from customer to customer.

Asked where a reply holds a personal value; needs `privacy.key`, because values are known by their keyed hash alone.
Blind to values that nobody wrote before, and to what two customers share (a family's phone counts as crossing).
"""

from __future__ import annotations

from monitors.talk import Crowd, Past
from schemas.texts import TextRow

METRIC = "text.cross_customer"
NULLS = (0.05,)
DOES = False  # the principal may not even have wished it


def seen(turn: TextRow, past: Past, crowd: Crowd) -> tuple[int, ...]:
    """Whether some value in the reply is another principal's."""
    if not turn.shown:
        return (-1,)
    strange = [value for value in turn.shown if value not in (*turn.given, *past.own)]
    return (int(any(value in crowd.owners for value in strange)),)
