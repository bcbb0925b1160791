"""Words that were written without blanks between them, parted again: `ignoreallprevious` is `ignore all previous`.

Of all ways to part the letters the one is taken whose known words are longest, a word counting by the square of its
length. Known are the words of the grammar in Latin letters; what stands between them stays together. Blind to other
scripts, to runs of words the grammar does not have, and to what comes after `MOST` letters.
"""

from __future__ import annotations

from functools import cache

from monitors.text._grammar import grammar

LEAST, MOST = 12, 512  # letters of a run that is parted
LONGEST = 16  # letters of a word
COVERED = 0.7  # of the letters must be in known words
SHORT = frozenset(("a", "i", "me", "my", "to", "of", "in", "is", "it", "be", "do", "no", "on", "or", "as", "if", "so", "we", "you", "ai"))


def parted(letters: str) -> str | None:
    """The words of a run of small letters, or None if too few of them are known."""
    if not LEAST <= len(letters) or not letters.isascii():
        return None
    run, known = letters[:MOST], _known()
    best, step = [0.0] * (len(run) + 1), [1] * (len(run) + 1)
    for at in range(len(run) - 1, -1, -1):
        best[at] = best[at + 1]
        for size in range(1, min(LONGEST, len(run) - at) + 1):
            value = size * size + best[at + size]
            if value > best[at] and run[at : at + size] in known:
                best[at], step[at] = value, size
    words: list[str] = []
    at = covered = 0
    loose = False  # whether the last word is of letters that are in no known word
    while at < len(run):
        word = run[at : at + step[at]]
        if word in known:
            covered += len(word)
            words.append(word)
            loose = False
        elif loose:
            words[-1] += word
        else:
            words.append(word)
            loose = True
        at += step[at]
    return " ".join(words) if covered >= COVERED * len(run) else None


@cache
def _known() -> frozenset[str]:
    every = (*grammar().words, *grammar().stems)
    return SHORT | {word for word in every if len(word) > 2 and word.isascii() and word.isalpha()}
