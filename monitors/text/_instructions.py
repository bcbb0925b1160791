"""How much of the application's instructions (the system prompt) a reply repeats, and where.

Both are taken as words without case and signs, and compared in runs of `RUN` words; of the instructions' runs the share
that the reply holds counts. Instructions are read from the same record as the reply and stored nowhere. Blind to
paraphrase, translation and encodings, and to what stands beyond `MOST` characters of either; an application that puts
the documents to answer from into its instructions will see honest replies quote them.

Reference: Y. Zhang, N. Carlini, D. Ippolito, "Effective Prompt Extraction from Language Models", COLM 2024.
"""

from __future__ import annotations

import re
from functools import lru_cache

from monitors.text import MOST, Finding

KIND = "leak.system_prompt"
RUN = 8  # words
SHARE = 0.2  # of the instructions' runs
LEAST = 4  # runs, or all of shorter instructions
WORD = re.compile(r"\w+")


def repeated(reply: str, instructions: str) -> tuple[Finding, ...]:
    """From the first to the last run that the reply shares with the instructions; () if it shares few."""
    told = _runs(instructions)
    words = list(WORD.finditer(reply[:MOST]))
    said = [word[0].casefold() for word in words]
    at = [n for n in range(len(said) - RUN + 1) if " ".join(said[n : n + RUN]) in told]
    found = len({" ".join(said[n : n + RUN]) for n in at})
    if not found or found < max(SHARE * len(told), min(LEAST, len(told))):
        return ()
    return (Finding(KIND, words[at[0]].start(), words[at[-1] + RUN - 1].end()),)


@lru_cache(64)
def _runs(text: str) -> frozenset[str]:
    words = [word.casefold() for word in WORD.findall(text[:MOST])]
    return frozenset(" ".join(words[n : n + RUN]) for n in range(len(words) - RUN + 1))
