"""Every prompt and reply of a batch looked at once: scores, findings, and what is counted of them, as columns.

Pure, and a function of each record alone. A batch without any text costs one look at its two columns. A text itself
goes no further than this: what is given are numbers, kinds and places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from monitors.text import Finding, find, leaks, score
from monitors.text import _instructions as instructions
from monitors.text._fold import folded
from monitors.text._language import COMMON, language
from monitors.text._refusal import refuses
from monitors.text._tools import Call, calls
from monitors.text.injection import ATTACK, words_of
from schemas.events import EventBatch, Floats, Ints, name_hash

CANARY = "leak.canary"
ARGUMENT = "tool.order"  # an argument of a call that is an attack on a language model
TOPICS = 64  # buckets of words
LENGTHS = 18  # octaves of characters: the last one is 65,536 and more
SAME = 256  # texts remembered: campaigns and tests send the same ones again
EMPTY_WORDS = frozenset(crc32(folded(word).encode()) for words in COMMON.values() for word in words.split())
_ODD = 0x9E3779B1
Small = NDArray[np.int16]


class Asked(NamedTuple):
    """A prompt: its score, what was found in it, its language, numbers of its words in order, and of those that say
    what it is about.
    """

    score: float
    found: tuple[Finding, ...]
    language: int
    words: tuple[int, ...]
    about: tuple[int, ...]


class Told(NamedTuple):
    """A reply: what was found in it, whether it refuses, and its calls of tools."""

    found: tuple[Finding, ...]
    refused: bool
    calls: tuple[Call, ...]

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools called, in order of first appearance."""
        return tuple(dict.fromkeys(call.tool for call in self.calls))

    @property
    def shapes(self) -> tuple[int, ...]:
        """Hashes of what about the calls may be new."""
        return tuple(dict.fromkeys(name_hash(shape) & 0xFFFF for call in self.calls for shape in call.shapes))


@dataclass(frozen=True, slots=True)
class TextColumns:
    """One entry per row of the batch, NaN or -1 where there is nothing; `asked` and `told` are by row."""

    rows: Ints  # those with text
    asked: dict[int, Asked]
    told: dict[int, Told]
    score: Floats
    refused: Small
    language: Small
    topic: Small
    prompt_length: Small
    reply_length: Small

    @property
    def attack(self) -> NDArray[np.bool_]:
        """Which prompts are attacks on the model."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.score >= ATTACK)

    @property
    def leaking(self) -> NDArray[np.bool_]:
        """In which replies something was found that should not be there."""
        found = np.zeros(len(self.score), dtype=bool)
        found[[row for row, told in self.told.items() if told.found]] = True
        return found

    def replies(self, rows: Ints) -> Iterator[tuple[int, Told]]:
        """Of these rows those with a reply that was looked at: their place among them, and what it told."""
        for i in np.flatnonzero(np.isin(rows, list(self.told))).tolist():
            yield i, self.told[int(rows[i])]

    def kinds(self, row: int) -> tuple[list[str], list[str]]:
        """Kinds found in a row's prompt and in its reply, each once, sorted."""
        asked, told = self.asked.get(row), self.told.get(row)
        return kinds_of(asked.found if asked else ()), kinds_of(told.found if told else ())


def texts_of(batch: EventBatch, hashes: NDArray[np.uint64], canaries: tuple[str, ...] = ()) -> TextColumns | None:
    """The columns of a batch; None where no event has text. `hashes` are of the records' identity.

    `canaries` are words that no reply may hold.
    """
    n = len(batch)
    prompts, replies, systems = batch.prompt, batch.response, batch.system or [None] * n
    if prompts.count(None) == n and replies.count(None) == n:
        return None
    rows = [i for i in range(n) if prompts[i] is not None or replies[i] is not None]
    numbers = [np.full(n, -1, dtype=np.int16) for _ in range(5)]
    columns = TextColumns(np.array(rows, dtype=np.int64), {}, {}, np.full(n, np.nan), *numbers)
    for i in rows:
        prompt, reply = prompts[i], replies[i]
        if prompt is not None:
            asked = columns.asked[i] = _asked(prompt)
            columns.score[i], columns.language[i] = asked.score, asked.language
            columns.prompt_length[i] = _octave(prompt)
            if asked.about:  # one word of each prompt, so that prompts count alike and are independent
                word = asked.about[int(hashes[i]) % len(asked.about)]
                columns.topic[i] = (word * _ODD & 0xFFFFFFFF) * TOPICS >> 32
        if reply is not None:
            told = columns.told[i] = _told(reply, canaries, systems[i])
            columns.refused[i], columns.reply_length[i] = told.refused, _octave(reply)
    return columns


def kinds_of(found: tuple[Finding, ...]) -> list[str]:
    """The kinds, each once, sorted."""
    return sorted({one.kind for one in found})


def _octave(text: str) -> int:
    return min(len(text).bit_length(), LENGTHS - 1)


@lru_cache(SAME)
def _asked(prompt: str) -> Asked:
    words = words_of(prompt)
    about = tuple(word for word in words if word not in EMPTY_WORDS)
    return Asked(score(prompt), tuple(find(prompt)), language(prompt), words, about)


@lru_cache(SAME)
def _told(reply: str, canaries: tuple[str, ...], system: str | None) -> Told:
    planted = [Finding(CANARY, *m.span()) for word in canaries for m in re.finditer(re.escape(word), reply)]
    repeated = instructions.repeated(reply, system) if system else ()
    made = calls(reply)
    orders = [Finding(ARGUMENT, c.start, c.end) for c in made if score(reply[c.start : c.end]) >= ATTACK]
    return Told((*planted, *repeated, *orders, *leaks(reply)), refuses(reply), made)
