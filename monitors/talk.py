"""What is remembered of texts: of each principal its last turns and sessions, of a model's crowd who gave which value.

All of it is bounded, the oldest goes first, and what is kept follows from the turns in their order alone.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from monitors.prepared import Prepared
from schemas.baselines import Baseline
from schemas.texts import Mark, TextRow

TURNS, SESSIONS, VALUES, REASONS = 8, 8, 32, 3  # of a principal
OWNERS, PROMPTS = 4096, 2048  # of a model
# Buckets of tools called and of the shapes of their calls; powers of two, because rows have 16 bits of a hash.
TOOLS, SHAPES = 16, 256
REVEAL = "injection.reveal"  # kind of a demand for the instructions
LOOKS = 200  # thousandths: a prompt that nobody would call an attack, but few honest ones reach
NEAR = 0.25  # share of words in common from which one prompt is another said again; of four minima, one


class Turn(msgspec.Struct, array_like=True):
    """What later turns ask of an earlier one."""

    time: int
    session: int
    score: int
    refused: int
    like: tuple[int, ...]
    same: int


class Reason(msgspec.Struct, array_like=True):
    """A turn that an alert may show: `by` the principal, or answered `to` it."""

    time: int
    score: int
    kinds: tuple[str, ...]
    text: str
    marks: tuple[Mark, ...]
    answer: str
    answer_marks: tuple[Mark, ...]


class Past(msgspec.Struct):
    """Of one principal. `sessions`: hash, how many prompts there were, the highest score; the newest last."""

    turns: list[Turn] = []
    sessions: list[tuple[int, int, int]] = []
    own: list[int] = []  # hashes of values it gave or was shown
    reasons: list[Reason] = []

    def add(self, turn: TextRow) -> None:
        """Remember a turn that has been judged."""
        self.turns = [*self.turns, Turn(turn.time, turn.session, turn.score, turn.refused, turn.like, turn.same)]
        self.turns = self.turns[-TURNS:]
        if turn.session and turn.score >= 0:
            prompts, most = self.session(turn.session)
            others = [each for each in self.sessions if each[0] != turn.session]
            self.sessions = [*others, (turn.session, prompts + 1, max(most, turn.score))][-SESSIONS:]
        self.own = [*(v for v in self.own if v not in (*turn.given, *turn.shown)), *turn.given, *turn.shown][-VALUES:]
        if turn.shows:
            kinds = tuple(sorted({*turn.asked, *turn.told}))
            reason = Reason(turn.time, turn.score, kinds, turn.excerpt, turn.marks, turn.answer, turn.answer_marks)
            self.reasons = [*self.reasons, reason][-REASONS:]

    def session(self, of: int) -> tuple[int, int]:
        """How many prompts of a session there were, and their highest score."""
        return next(((prompts, most) for session, prompts, most in self.sessions if session == of), (0, 0))


class Crowd(msgspec.Struct):
    """Of one model version: who first gave a value or was shown it, and who first sent a suspicious prompt."""

    owners: dict[int, str] = {}
    prompts: dict[int, str] = {}
    law: Any = None  # of the baseline; not written down

    def add(self, who: str, turn: TextRow) -> None:
        """Remember a turn that has been judged."""
        for value in (*turn.given, *turn.shown):
            self.owners.setdefault(value, who)
        if turn.same and turn.score >= LOOKS:
            self.prompts.setdefault(turn.same, who)
        for table, most in ((self.owners, OWNERS), (self.prompts, PROMPTS)):
            while len(table) > most:
                del table[next(iter(table))]


class TalkLaw(msgspec.Struct, frozen=True):
    """What the baseline says of texts: shares among its prompts and replies, a heavy event's tokens, its tools
    and the shapes of their calls."""

    attacks: float
    leaks: float
    heavy: float
    tools: frozenset[int]
    shapes: frozenset[int] = frozenset()


def law_of(baseline: Baseline) -> TalkLaw:
    """From a baseline's counts. Shares are of at least one event: a baseline of few has seen little."""
    vectors = baseline.vectors
    prompts, replies = vectors.get("prompts", (0, 0)), vectors.get("replies", (0, 0))
    leaks = sum(counts[0] for name, counts in vectors.items() if name.startswith(("leak:pii.", "leak:secret.")))
    tokens = np.array(vectors.get("tokens", ()), dtype=np.int64)
    heavy = float("inf")
    if tokens.sum() >= 100:
        heavy = float(2.0 ** (int(np.searchsorted(np.cumsum(tokens), 0.99 * int(tokens.sum()))) / 2))
    tools = frozenset(np.flatnonzero(vectors.get("text_tools", ())).tolist())
    shapes = frozenset(np.flatnonzero(vectors.get("text_shapes", ())).tolist())
    return TalkLaw((prompts[1] + 1) / (prompts[0] + 20), (leaks + 1) / (replies[0] + 50), heavy, tools, shapes)


def law(prepared: Prepared | None) -> TalkLaw | None:
    """The law of a baseline, made once; None without one."""
    return None if prepared is None else prepared.made("talk.law", law_of)


def alike(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """The share of words that two prompts have in common, estimated."""
    if not one or not other:
        return 0.0
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)
