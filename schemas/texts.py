"""Bounded digests of texts: what the judge may know of single prompts and replies, per (model, version, minute,
principal).

A row holds a score, kinds of findings and salted hashes; of a text itself at most two masked excerpts, and those only
of the few rows of a principal and minute that are reasons. Which rows and principals are kept is decided by hashes
alone, never by what was found, so that a test over the rows is fair, and however records are split and merged the same
ones stay.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from schemas.queries import turn_hash

MOST_PRINCIPALS = 256  # per model and minute; others have their turn the next hour
MOST_ROWS = 8  # of each of those
MOST_EXCERPTS = 2  # of each of those
Mark = tuple[int, int, str]  # start and end in code points of the excerpt, kind


class TextRow(msgspec.Struct, frozen=True, array_like=True):
    """One event with text. `hash` is of the record's identity, `time` in ns; -1 is "not given".

    `score` is of the prompt, in thousandths; `refused` of the reply, 0 or 1; `asked` and `told` are kinds found in
    prompt and reply. `like` are four salted minima over the prompt's words, for likeness; `same` is a salted hash of
    the prompt's words in order, `reply` of the reply's (0: too short to mean anything). `given` and `shown` are keyed
    hashes of personal values in prompt and reply. `tools` are hashes of the tools called, `shapes` of their arguments
    and of the hosts these lead to.
    """

    hash: int
    time: int
    session: int = 0
    score: int = -1
    refused: int = -1
    tokens: int = -1
    asked: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    like: tuple[int, ...] = ()
    same: int = 0
    reply: int = 0
    given: tuple[int, ...] = ()
    shown: tuple[int, ...] = ()
    tools: tuple[int, ...] = ()
    shapes: tuple[int, ...] = ()
    excerpt: str = ""
    marks: tuple[Mark, ...] = ()
    answer: str = ""
    answer_marks: tuple[Mark, ...] = ()

    @property
    def shows(self) -> bool:
        """Whether it carries an excerpt."""
        return bool(self.excerpt or self.answer)

    def bare(self) -> TextRow:
        """Without its excerpts."""
        return msgspec.structs.replace(self, excerpt="", marks=(), answer="", answer_marks=())


class Texts(msgspec.Struct, array_like=True, frozen=True):
    """Rows of one minute by principal, in order of their hash; `turn` is the hour."""

    turn: int = 0
    of: dict[str, list[TextRow]] = {}


NO_TEXTS = Texts()


def merge_texts(parts: Iterable[Texts]) -> Texts:
    """Those of the same minute together, within the limits. Associative and commutative."""
    some = [part for part in parts if part.of]
    if len(some) < 2:
        return some[0] if some else NO_TEXTS
    found: dict[str, list[TextRow]] = {}
    for part in some:
        for who, rows in part.of.items():
            found.setdefault(who, []).extend(rows)
    turn = max(part.turn for part in some)
    return Texts(turn, {who: bounded_texts(found[who]) for who in sorted(_in_turn(turn, found))})


def _in_turn(turn: int, names: Iterable[str]) -> list[str]:
    """The principals that are kept this hour."""
    every = list(names)
    if len(every) <= MOST_PRINCIPALS:
        return every
    return sorted(every, key=lambda who: turn_hash(turn, who))[:MOST_PRINCIPALS]


def chosen_texts(turn: int, found: dict[str, list[TextRow]]) -> Texts:
    """The rows of a group as they are kept."""
    return Texts(turn, {who: bounded_texts(found[who]) for who in sorted(_in_turn(turn, found))})


def bounded_texts(rows: Iterable[TextRow]) -> list[TextRow]:
    """The rows with the smallest hash; of those that show something only the first ones go on showing it."""
    kept: list[TextRow] = []
    shown = 0
    different = {row.hash: row for row in sorted(rows, key=lambda row: row.shows)}
    for _, row in sorted(different.items()):
        shown += row.shows
        kept.append(row.bare() if row.shows and shown > MOST_EXCERPTS else row)
        if len(kept) == MOST_ROWS:
            break
    return kept
