"""When something that drills saw is seen no more.

A strong drill is lost once it goes unseen after it was seen. Weaker ones lie at the edge of what can be seen, so they
are lost only if the last REGULAR drills all saw them. What is lost stays lost until a drill sees it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from schemas.alerts import PAGE, TICKET

REGULAR = 3
SEEN = (TICKET, PAGE)  # a suspicion tells nobody


class Past(NamedTuple):
    """How an earlier drill of the same model, kind and strength ended."""

    level: str
    lost: bool


def is_lost(level: str, strong: bool, before: Sequence[Past]) -> bool:
    """Whether this one is; `before` are those that could be tried, the newest first.

    >>> is_lost("", True, [Past("page", False)])
    True
    >>> is_lost("", False, [Past("page", False), Past("", False)])
    False
    >>> is_lost("suspected", False, [Past("", True)])
    True
    """
    if level in SEEN or not before:
        return False
    if before[0].lost:
        return True
    last = before[:1] if strong else before[:REGULAR]
    return all(past.level in SEEN for past in last) and (strong or len(last) == REGULAR)
