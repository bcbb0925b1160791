"""Characters that are not seen and have no business where they are: they carry orders, or change what is read.

The tag block (U+E0000 to U+E007F) spells hidden text, other than in flags of a few regions; overrides and isolates of
direction show a text in another order; zero-width characters between the letters of a Latin word split it. Joiners
between Arabic, Indic and emoji characters, marks of direction beside right-to-left text and a mark at the very start
are what they are made for, and are not reported. Blind to look-alike letters, for which see `injection`.
"""

from __future__ import annotations

import re

from monitors.text import Finding

KINDS = ("injection.invisible",)
RANK = 35
ANY = re.compile(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef]"
)
FLAG = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f"
TAGS = re.compile(f"{FLAG}|([\U000e0000-\U000e007f]+)")
# Variation selectors choose a form of one character; several in a row carry bytes.
SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}")
OVERRIDES = re.compile("[\u202d\u202e]")
DIRECTED = re.compile("[\u202a-\u202c\u2066-\u2069]+")
RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
ZERO = "\u200b\u200c\u200d\u2060-\u2064\u180e\ufeff\u115f\u1160\u3164\uffa0"
SPLIT = re.compile(f"(?<=[A-Za-z0-9])[{ZERO}\u00ad]+(?=[A-Za-z0-9])")
SPLIT_WORDS = re.compile(f"[A-Za-z0-9]+(?:[{ZERO}\u00ad]+[A-Za-z0-9]+)+")
RUN = re.compile("[\u200b\u2060-\u2064\ufeff\u200c\u200d]{4,}")


def find(text: str, digits: str) -> list[Finding]:
    """Places of characters that are hidden on purpose."""
    if text.isascii() or not ANY.search(text):
        return []
    places = [m.span(1) for m in TAGS.finditer(text) if m[1]]
    places += [m.span() for pattern in (SELECTORS, OVERRIDES, RUN) for m in pattern.finditer(text)]
    if not RIGHT.search(text):
        places += [m.span() for m in DIRECTED.finditer(text)]
    splits = [m.span() for m in SPLIT.finditer(text)]
    soft = sum(text[start] == "\u00ad" for start, _ in splits)
    if len(splits) - soft >= 2 or soft >= 8:  # one may be a slip of an editor; soft hyphens are common in copied text
        places += [m.span() for m in SPLIT_WORDS.finditer(text)]
    return [Finding("injection.invisible", start, end) for start, end in places]
