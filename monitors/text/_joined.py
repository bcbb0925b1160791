"""Words that were written without blanks between them, parted again: `ignoreallprevious` is `ignore all previous`.

Of all ways to part the letters the one is taken whose known words are longest, a word counting by the square of its
length. Known are the words of the grammar in Latin letters; what stands between them stays together. Blind to other
scripts, to runs of words the grammar does not have, and to what comes after `MOST` letters.
"""

from __future__ import annotations

from functools import cache

from monitors.text._grammar import grammar

LEAST, MOST = 6, 256  # letters of a run that is parted
COVERED = 0.7  # of the letters must be in known words
SHORT = ("a", "i", "me", "my", "to", "of", "in", "is", "it", "be", "do", "no", "on", "or", "as", "if", "so", "we", "ai")


def parted(letters: str) -> str | None:
    """The words of a run of small letters, or None if too few of them are known."""
    if len(letters) < LEAST or not letters.isascii():
        return None
    run = letters[:MOST]
    sizes, known = _sizes(run), _known()
    words: list[str] = []
    at = covered = 0
    loose = False  # whether the last word is of letters that are in no known word
    while at < len(run):
        word = run[at : at + sizes[at]]
        found = word in known
        if loose and not found:
            words[-1] += word
        else:
            words.append(word)
        covered += found * len(word)
        loose = not found
        at += len(word)
    return " ".join(words) if covered >= COVERED * len(run) else None


def _sizes(run: str) -> list[int]:
    """For each place how long the word is that should begin there; 1 where none does."""
    known, longest = _known(), _longest()
    best, sizes = [0] * (len(run) + 1), [1] * len(run)
    for at in range(len(run) - 1, -1, -1):
        best[at] = best[at + 1]
        for size in range(1, min(longest.get(run[at : at + 2], 1), len(run) - at) + 1):
            value = size * size + best[at + size]
            if value > best[at] and run[at : at + size] in known:
                best[at], sizes[at] = value, size
    return sizes


@cache
def _known() -> frozenset[str]:
    every = (*grammar().words, *grammar().stems)
    return frozenset(SHORT) | {word for word in every if len(word) > 2 and word.isascii() and word.isalpha()}


@cache
def _longest() -> dict[str, int]:
    """Letters of the longest known word by its first two."""
    longest: dict[str, int] = {}
    for word in _known():
        longest[word[:2]] = max(len(word), longest.get(word[:2], 1))
    return longest
