"""What the grammar and the disguises of a text amount to: one figure per family of phrases and per disguise."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, reduce
from math import log1p
from operator import or_
from typing import NamedTuple

from monitors.text import _passages as passages
from monitors.text._decoded import WHOLE, Hidden, hidden, morse, turned
from monitors.text._fold import own_script
from monitors.text._grammar import OTHER, grammar
from monitors.text._normal import (
    CODE,
    CODED,
    FLAGS,
    JOINED,
    LONG,
    MORSE,
    PIECE,
    SHORT,
    TURNED,
    Read,
    own,
    plainly,
    read,
)

SIGN = re.compile(r"[^\w\s]")
NEAR = 400  # pieces at either end in which disguises are looked for
INNER = 2048  # characters of a hidden text that are read
REPEATS = 3  # times a phrase counts in one text
SAMPLE = 400  # characters whose capitals and signs are counted
FIGURES = (
    *FLAGS, "hidden_words", "hidden_attack", "turned_attack", "squeezed_attack", "capitals", "signs", "length",
    "families", *passages.FIGURES,
)  # fmt: skip
HIDDEN = len(FLAGS)
DISGUISE = (1 << len(FLAGS)) - 1
IDLE = 0.3  # what a disguise counts in which no phrase of attacks is found
NO_LETTERS = {n: None for n in range(128) if not chr(n).isalpha()}
# What attacks say, without blanks and signs between the letters.
SQUEEZED = (
    "pwned", "ignoreall", "ignoreprevious", "ignoretheabove", "ignoreyour", "ignoreabove", "disregardall",
    "previousinstructions",
    "allinstructions", "systemprompt", "yourinstructions", "jailbreak", "developermode", "secretkey",
    "forgeteverything",
    "forgetall", "norestrictions", "whoami",
)  # fmt: skip
STRONG = (
    "forget_rules", "forget_all", "not_follow", "reveal_prompt", "ask_prompt", "unbound", "power_mode", "dan",
    "pwned", "shell", "exfil", "grave",
    "data_all", "key_api", "act_power",
)  # fmt: skip
# Families that honest texts have as often.
HARMLESS = ("harm", "pretext", "mention", "ai_self", "imperative", "act_as", "act_person", "as_ai", "fence", "flattery")


Inside = tuple[Hidden, list[int], tuple[int, ...]]  # with how often its text has each family, and numbers of its words


class Looked(NamedTuple):
    """One text: how often each family of phrases was met, FIGURES, the numbers of its words, and places of both kinds.

    `phrases` are family, first and last place in `chars`; `disguises` are what was read in another form and meant harm;
    `orders` are first and last piece of orders in the middle of a document.
    """

    counts: list[int]
    figures: list[float]
    hashes: tuple[int, ...]
    phrases: list[tuple[int, int, int]]
    disguises: list[Hidden]
    reads: list[Read]
    orders: list[tuple[int, int]]


def look(text: str) -> Looked:
    """Read a text, and what is hidden in it."""
    pieces = PIECE.findall(text)
    reading = own if own_script(text) else read
    if len(pieces) <= 2 * NEAR:
        reads = [reading(piece) for piece in pieces]
    else:
        reads = [reading(piece) for piece in pieces[:NEAR]]
        reads += [plainly(piece) for piece in pieces[NEAR:-NEAR]]
        reads += [reading(piece) for piece in pieces[-NEAR:]]
    if not reads:
        return Looked([0] * len(grammar().families), [0.0] * len(FIGURES), (), [], [], [], [])
    all_chars, masks, all_hashes, all_flags = zip(*reads, strict=True)
    chars = "".join(all_chars)
    hashes = tuple([h for some in all_hashes for h in some])
    counts, phrases = _phrases(chars, masks)
    figures = [0.0] * len(FIGURES)
    words = max(1, len(hashes))
    flags = reduce(or_, all_flags)
    if flags & DISGUISE:
        meant = 1.0 if _means_anything(counts) else IDLE
        for n in range(len(FLAGS)):
            if flags >> n & 1:
                times = sum(f >> n & 1 for f in all_flags)
                figures[n] = meant * (min(1.0, 2 * times / words) + min(3, times) / 3)
    found = _disguised(text, flags, chars, words, sum(map(CODE.__and__, all_flags)) // CODE)
    bad = [one for one, inner, _ in found if _means_harm(inner)]
    figures[HIDDEN] = float(bool(found))
    for one in bad:
        figures[HIDDEN + 1 + (one.how in WHOLE)] = 1.0
    for _, inner, _ in found:
        counts = [max(a, b) for a, b in zip(counts, inner, strict=True)]
    inside = max(found, key=_extent, default=None)
    if inside and 2 * _extent(inside) >= len(text):  # the text is no more than its disguise
        hashes = inside[2]
    if flags & (CODED | JOINED | SHORT | LONG):
        figures[HIDDEN + 3] = float(_squeezed(text))
    _whole(text, figures, counts)
    figures[-len(passages.FIGURES) :], orders = passages.passages(text, reads, pieces)
    return Looked(counts, figures, hashes, phrases, bad, reads, orders)


def _whole(text: str, figures: list[float], counts: list[int]) -> None:
    """Capitals, signs, length and how many families there are."""
    begin = text[:SAMPLE]
    low, length = begin.lower(), len(begin)
    if low != begin and begin.upper() == begin and length >= 20:
        figures[HIDDEN + 4] = 1.0
    figures[HIDDEN + 5] = min(1.0, 3 * len(SIGN.findall(begin)) / max(40, length))
    figures[HIDDEN + 6] = log1p(len(text)) / 9
    figures[HIDDEN + 7] = log1p(len(counts) - counts.count(0))


def _disguised(text: str, flags: int, chars: str, words: int, letters: int) -> list[Inside]:
    """What is hidden in the text and can be read."""
    found: list[Hidden] = []
    if flags & (LONG | CODED) or letters >= 6:
        found += hidden(text)
    if flags & MORSE:
        found += morse(text)
    if flags & TURNED and words >= 3 and chars.count(OTHER) > 0.6 * words:
        found += turned(text[:INNER])
    inside = [_inside(one) for one in found]
    return [one for one in inside if one[0].how not in WHOLE or _means_harm(one[1])]


def _inside(one: Hidden) -> Inside:
    reads = [read(piece) for piece in PIECE.findall(one.text[:INNER])]
    counts, _ = _phrases("".join([r.chars for r in reads]), [r.mask for r in reads])
    return one, counts, tuple([h for r in reads for h in r.hashes])


def _extent(inside: Inside) -> int:
    return inside[0].end - inside[0].start


def _squeezed(text: str) -> bool:
    """Whether what attacks say is there only if blanks and signs between the letters are left out."""
    plain = text.lower()
    letters = plain.translate(NO_LETTERS)
    return any(word in letters and word not in plain for word in SQUEEZED)


def _phrases(chars: str, masks: Iterable[int]) -> tuple[list[int], list[tuple[int, int, int]]]:
    """How often each family occurs, and where."""
    known = grammar()
    counts = [0] * len(known.families)
    places: list[tuple[int, int, int]] = []
    present = reduce(or_, set(masks), 0)
    anchors, phrases = known.anchors, known.phrases
    bits = 0
    for char in set(chars):
        bits |= anchors.get(char, 0)
    while bits:
        lowest = bits & -bits
        bits ^= lowest
        family, pattern, needs = phrases[lowest.bit_length() - 1]
        for need in needs:
            if not need & present:
                break
        else:
            for m in pattern.finditer(chars) if counts[family] < REPEATS else ():
                places.append((family, *m.span()))
                counts[family] += 1
                if counts[family] >= REPEATS:
                    break
    return counts, places


def _means_harm(counts: list[int]) -> bool:
    """Whether a text with these phrases is an attack by any one of them."""
    return any(counts[family] for family in _strong())


def _means_anything(counts: list[int]) -> bool:
    """Whether it has a phrase of attacks, however weak: without one a disguise hides nothing."""
    return any(counts[family] for family in _telling())


@cache
def _telling() -> tuple[int, ...]:
    return tuple(n for n, name in enumerate(grammar().families) if name not in HARMLESS)


@cache
def _strong() -> tuple[int, ...]:
    return tuple(grammar().families.index(name) for name in STRONG)
