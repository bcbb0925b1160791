"""How much a text looks like chance: what tells a key from a word or from a place holder."""

from __future__ import annotations

import re
from collections import Counter
from math import log2

# What people write where a key belongs.
HOLDER = re.compile(
    r"x{4,}|\*{3,}|\.{3,}|0{6,}|1{6,}|a{6,}|^[<$%{\[(]|example$|"
    r"(?:your|my|the|some|insert|put|enter|replace|change|fake|dummy|sample|placeholder|example|secret|here|todo)"
    r"[_-]?(?:your|my|me|key|token|secret|password|api|here|value)",
    re.IGNORECASE,
)


def bits(text: str) -> float:
    """Shannon entropy per character, bits."""
    n = len(text)
    return -sum(count / n * log2(count / n) for count in Counter(text).values()) if n else 0.0


def held(text: str) -> bool:
    """Whether it is a place holder, not a value."""
    return HOLDER.search(text) is not None


def kinds_of_characters(text: str) -> int:
    """How many of lower case, upper case, digits and others it has."""
    others = any(not c.isalnum() for c in text)
    return any(c.islower() for c in text) + any(c.isupper() for c in text) + any(c.isdigit() for c in text) + others
