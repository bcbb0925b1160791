"""Words near a place: what a number is called often decides what it is."""

from __future__ import annotations

import re

DIGIT = re.compile("[0-9]")


def words(*alternatives: str) -> re.Pattern[str]:
    """A pattern that finds any of these words, in either case; a word of letters must not be part of a longer one."""
    return re.compile(r"(?<![^\W_])(?:" + "|".join(alternatives) + r")(?![^\W\d_])", re.IGNORECASE)


def many_digits(digits: str) -> int:
    """How many digits a text has; most texts are done with when they are counted."""
    return len(DIGIT.findall(digits))


def near(pattern: re.Pattern[str], text: str, start: int, before: int = 48) -> bool:
    """Whether one of the words stands at most so many characters before `start`."""
    return pattern.search(text, max(0, start - before), start) is not None
