"""Rare exact values, alone or two together, after which the label is always the same: a backdoor's trigger.

Every rare value that came back, and every pair of such, is followed while memory lasts. The bet is that nearly all
labels with it say one thing, whatever the score says. A trigger of three values shows as its pairs and is named whole.

A case that is scored and labelled again gets the same label again, which is no evidence: of every combination it is
told by a bit of its record's hash whether the record came before. A new record meets a bit that is set by chance, too,
so one in four is lost after 70; when most bits are set, a combination that is no suspect begins anew.

Blind spots: a trigger whose outcome is what the model says anyhow; values used a few times only; values that more than
a tenth of the rows have; values that never repeat exactly; one poisoned record sent again and again. A case that is
labelled again with another score or another value looks new.

Reference: T. Gu, B. Dolan-Gavitt, S. Garg, "BadNets", IEEE Access 7, 2019.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import log

import msgspec
import numpy as np

from monitors.poisoning.bank import Bounded
from monitors.poisoning.found import SUSPECT, Found
from monitors.poisoning.matrix import FEATURES, values_of
from monitors.poisoning.stakes import MOST
from monitors.week import WEEK_NS
from schemas.events import name_hash
from schemas.labelled import LabelRow

METRIC = "poisoning.backdoor"
COMMON = 0.1  # share of rows beyond which a value is no trigger
AGAIN = 2  # how often a value must have come before it is followed
VALUES = 1024  # of one feature, counted
KEYS = 4096  # combinations followed
PAIRED = 24  # values of a row that are paired
HONEST_UP, HONEST_DOWN = 0.1, 0.4  # of labels that honest rows of a rare kind may have beyond the score
CERTAIN = 1e5  # capital from which a trigger alone explains its labels
NAMED = 9.2  # nats, 1 in 10,000: from there a source is named with a trigger
SURE = (0.85, 0.97)  # bets: share of labels with the trigger that are as it wants
MARKS = 256  # bits
FULL = 192

Item = tuple[str, str]
Key = tuple[Item, ...]


class Followed(msgspec.Struct):
    """One combination: capital of the bets on yes and on no, labels, yes among them, expected yes, and whose."""

    yes: list[float]
    no: list[float]
    last_ns: int = 0
    n: int = 0
    true: int = 0
    expected: float = 0.0
    sources: dict[str, int] = {}
    marks: bytearray = msgspec.field(default_factory=lambda: bytearray(MARKS // 8))
    marked: int = 0

    @property
    def capital(self) -> float:
        return sum(self.yes) + sum(self.no)

    def mark(self, bit: int) -> bool:
        """Whether this record is new."""
        at, mask = bit >> 3, 1 << (bit & 7)
        if self.marks[at] & mask:
            return False
        if self.marked >= FULL and self.capital < SUSPECT:
            self.yes, self.no = [0.0] * len(self.yes), [0.0] * len(self.no)
            self.n, self.true, self.expected, self.sources = 0, 0, 0.0, {}
            self.marks, self.marked = bytearray(MARKS // 8), 0
        self.marks[at] |= mask
        self.marked += 1
        return True


class WrittenTriggers(msgspec.Struct):
    """`Triggers` in a profile."""

    rows: int = 0
    values: dict[str, dict[str, int]] = {}
    keys: list[tuple[Key, Followed]] = []
    last_ns: int = 0


class Triggers:
    """Values counted, and combinations followed."""

    def __init__(self, written: WrittenTriggers | None = None) -> None:
        written = written or WrittenTriggers()
        self.rows, self.last_ns = written.rows, written.last_ns
        self.values = {name: dict(counts) for name, counts in written.values.items()}
        self.keys: dict[Key, Followed] = {tuple((f, v) for f, v in key): one for key, one in written.keys}
        self.raised = {key for key, one in self.keys.items() if one.capital >= SUSPECT}

    def dump(self) -> WrittenTriggers:
        """Plain data for a profile."""
        return WrittenTriggers(
            self.rows, self.values, sorted(self.keys.items(), key=lambda item: item[0]), self.last_ns
        )

    def keys_of(self, rows: Sequence[LabelRow]) -> list[list[Key]]:
        """Combinations that are followed in each row: rare values that came before, and pairs of them."""
        found: list[list[Key]] = []
        for row in rows:
            items = [item for item in sorted(values_of(row).items()) if self._rare(item)]
            items = sorted(items, key=lambda item: (self.values[item[0]][item[1]], item))[:PAIRED]
            found.append([(item,) for item in items] + [tuple(sorted(pair)) for pair in combinations(items, 2)])
        return found

    def _rare(self, item: Item) -> bool:
        n = self.values.get(item[0], {}).get(item[1], 0)
        return AGAIN <= n <= max(COMMON * self.rows, 4 * AGAIN)

    def suspected(self, keys: Sequence[Sequence[Key]]) -> list[bool]:
        """Which rows have a suspected combination."""
        return [not self.raised.isdisjoint(mine) for mine in keys]

    def add(self, rows: Sequence[LabelRow], keys: Sequence[Sequence[Key]], pane: Bounded, at_ns: int) -> None:
        """Labels of one pane: every combination in it is paid its part of what the time since the last is worth."""
        different = {key for mine in keys for key in mine}
        if different:
            waited = min(max(0, at_ns - self.last_ns), WEEK_NS // 7) if self.last_ns else 0
            paid = waited / WEEK_NS / len(different) / (2 * len(SURE))
            for key in different:
                one = self.keys.setdefault(key, Followed([0.0] * len(SURE), [0.0] * len(SURE)))
                one.yes, one.no = [s + paid for s in one.yes], [s + paid for s in one.no]
                one.last_ns = at_ns
        for i, mine in enumerate(keys):
            true, low, high = bool(pane.true[i]), float(pane.low[i]), float(pane.high[i])
            yes, no = _odds(true, low, high)
            # What a sure trigger explains is no evidence for what happens to stand beside it.
            sure = any(key in self.raised and self.keys[key].capital >= CERTAIN for key in mine)
            bit = _record(rows[i]) % MARKS if mine else 0
            for key in self.raised.intersection(mine) if sure else mine:
                if self.keys[key].mark(bit):
                    self._bet(self.keys[key], rows[i].source, true, (low + high) / 2, (yes, no))
        for key in different:
            (self.raised.add if self.keys[key].capital >= SUSPECT else self.raised.discard)(key)
        self.count(rows)
        self._forget()
        self.last_ns = at_ns

    @staticmethod
    def _bet(one: Followed, source: str, true: bool, expected: float, odds: tuple[list[float], list[float]]) -> None:
        one.yes = [min(MOST, s * by) for s, by in zip(one.yes, odds[0], strict=True)]
        one.no = [min(MOST, s * by) for s, by in zip(one.no, odds[1], strict=True)]
        one.n, one.true, one.expected = one.n + 1, one.true + true, one.expected + expected
        if source in one.sources or len(one.sources) < FEATURES:
            one.sources[source] = one.sources.get(source, 0) + 1

    def count(self, rows: Sequence[LabelRow]) -> None:
        """Values that came, whatever their labels."""
        self.rows += len(rows)
        for row in rows:
            for name, value in values_of(row).items():
                counts = self.values.setdefault(name, {})
                counts[value] = counts.get(value, 0) + 1
        for name in sorted(self.values, key=name_hash)[FEATURES:]:
            del self.values[name]
        for name, counts in self.values.items():
            if len(counts) > VALUES:  # half of every count goes, and with it what came once
                self.values[name] = {value: n // 2 for value, n in counts.items() if n > 1}

    def _forget(self) -> None:
        if len(self.keys) > KEYS:
            worth = {key: (-one.capital * one.n, -one.last_ns, key) for key, one in self.keys.items()}
            kept = sorted(worth, key=lambda key: worth[key])[: KEYS // 2]
            self.keys = {key: self.keys[key] for key in kept}
            self.raised &= self.keys.keys()

    def found(self, shares: Mapping[str, float]) -> Iterator[Found]:
        """Suspected combinations, those that share a value as one, the strongest first.

        `shares` are the sources' parts of all labels: who gives far more of these than that is named.
        """
        left = sorted(
            ((key, self.keys[key]) for key in self.raised),
            key=lambda item: (-item[1].capital, -item[1].n, -len(item[0]), item[0]),
        )
        while left:
            (key, one), *rest = left
            whole = {item for other, two in left if set(other) & set(key) and two.n >= 0.7 * one.n for item in other}
            yield _told(sorted(whole), one, shares)
            left = [(other, two) for other, two in rest if not set(other) & whole]


def _record(row: LabelRow) -> int:
    """The same for the same case: its values and its score."""
    return name_hash(f"{sorted(values_of(row).items())} {row.score!r}")


def _odds(true: bool, low: float, high: float) -> tuple[list[float], list[float]]:
    """What a label multiplies the bets on yes and on no by; a bet that honest rows might win is not made."""
    null_yes, null_no = high + HONEST_UP * (1 - high), low * (1 - HONEST_DOWN)
    yes = [1.0 if null_yes >= sure else sure / null_yes if true else (1 - sure) / (1 - null_yes) for sure in SURE]
    no = [1.0 if null_no <= 1 - sure else (1 - sure) / null_no if true else sure / (1 - null_no) for sure in SURE]
    return yes, no


def _far(n: int, total: int, share: float) -> bool:
    """Whether n of so many labels can hardly be chance for a source of that share (Chernoff's bound of the tail)."""
    observed, share = n / total, max(share, 1e-3)
    if n < 3 or observed <= share:
        return False
    rest = 0.0 if observed == 1.0 else (1 - observed) * log((1 - observed) / (1 - share))
    return total * (observed * log(observed / share) + rest) >= NAMED


def _told(items: Sequence[Item], one: Followed, shares: Mapping[str, float]) -> Found:
    wrong = sum(one.yes) >= sum(one.no)
    value, expected = one.true / one.n, one.expected / one.n
    effect = value - expected if wrong else expected - value
    who = sorted(name for name, n in one.sources.items() if name and _far(n, one.n, shares.get(name, 0.0)))
    evidence = {
        "label_sources": who,
        "way": "set to yes" if wrong else "set to no",
        "labels": one.n,
        "yes": one.true,
        "yes_expected": one.expected,
        "combination": dict(items),
    }
    name = " & ".join(f"{feature}={value}" for feature, value in items)
    return Found(METRIC, name, one.n, one.capital, float(np.clip(effect, 0, 1)), value, expected, evidence)
