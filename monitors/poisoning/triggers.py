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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import combinations
from math import log
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitors.poisoning.bank import Bounded
from monitors.poisoning.found import SUSPECT, Found
from monitors.poisoning.matrix import FEATURES, values_of
from monitors.poisoning.stakes import MOST
from monitors.week import WEEK_NS
from schemas.events import Floats, name_hash
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
STATE = np.dtype(  # of one combination; see `Followed`
    [
        *((way, "f8", len(SURE)) for way in ("yes", "no")),
        *((name, "i8") for name in ("last_ns", "n", "true", "marked")),
        ("expected", "f8"),
        ("marks", "?", MARKS),
    ]
)


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


class Case(NamedTuple):
    """A labelled row, its values as texts, the combinations in it that are followed, and a hash of values and score."""

    row: LabelRow
    values: dict[str, str]
    keys: list[Key]
    hash: int


class WrittenTriggers(msgspec.Struct):
    """`Triggers` in a profile."""

    rows: int = 0
    values: dict[str, dict[str, int]] = {}
    keys: list[tuple[Key, Followed]] = []
    last_ns: int = 0


class Triggers:
    """Values counted, and combinations followed: `state` has a row for each, at its place in `places`."""

    def __init__(self, written: WrittenTriggers | None = None) -> None:
        written = written or WrittenTriggers()
        self.rows, self.last_ns = written.rows, written.last_ns
        self.values = {name: dict(counts) for name, counts in written.values.items()}
        keys = {tuple((f, v) for f, v in key): one for key, one in written.keys}
        self.places: dict[Key, int] = {key: place for place, key in enumerate(keys)}
        self.sources = [dict(one.sources) for one in keys.values()]
        self.state: NDArray[np.void] = np.zeros(len(keys), STATE)
        for place, one in enumerate(keys.values()):
            marks = np.unpackbits(np.frombuffer(one.marks, np.uint8), bitorder="little")
            self.state[place] = (one.yes, one.no, one.last_ns, one.n, one.true, one.marked, one.expected, marks)
        self.raised = {key for key, one in keys.items() if one.capital >= SUSPECT}

    def dump(self) -> WrittenTriggers:
        """Plain data for a profile."""
        keys = [(key, self._followed(key)) for key in sorted(self.places)]
        return WrittenTriggers(self.rows, self.values, keys, self.last_ns)

    def _followed(self, key: Key) -> Followed:
        place = self.places[key]
        yes, no, last_ns, n, true, marked, expected, marks = self.state[place].tolist()
        packed = bytearray(np.packbits(marks, bitorder="little").tobytes())
        return Followed(yes.tolist(), no.tolist(), last_ns, n, true, expected, self.sources[place], packed, marked)

    def _capital(self, places: Sequence[int] | NDArray[np.int64] | slice) -> Floats:
        some = self.state[places]
        capital: Floats = some["yes"].sum(axis=1) + some["no"].sum(axis=1)
        return capital

    def look(self, rows: Sequence[LabelRow]) -> list[Case]:
        """Rows with what is followed in each: rare values that came before, and pairs of them."""
        cases = []
        for row in rows:
            values = values_of(row)
            rare = sorted((n, item) for item in values.items() if (n := self._rare(item)))
            items = sorted(item for _, item in rare[:PAIRED])
            same = name_hash(f"{sorted(values.items())} {row.score!r}")
            cases.append(Case(row, values, [*((item,) for item in items), *combinations(items, 2)], same))
        return cases

    def _rare(self, item: Item) -> int:
        """How often it came; 0 where it is not followed."""
        n = self.values.get(item[0], {}).get(item[1], 0)
        return n if AGAIN <= n <= max(COMMON * self.rows, 4 * AGAIN) else 0

    def suspected(self, cases: Sequence[Case]) -> list[bool]:
        """Which rows have a suspected combination."""
        return [not self.raised.isdisjoint(case.keys) for case in cases]

    def add(self, cases: Sequence[Case], pane: Bounded, at_ns: int) -> None:
        """Labels of one pane: every combination in it is paid its part of what the time since the last is worth."""
        different = dict.fromkeys(key for case in cases for key in case.keys)
        places = self._follow(different)
        if different:
            waited = min(max(0, at_ns - self.last_ns), WEEK_NS // 7) if self.last_ns else 0
            paid = waited / WEEK_NS / len(different) / (2 * len(SURE))
            self.state["yes"][places] += paid
            self.state["no"][places] += paid
            self.state["last_ns"][places] = at_ns
        for i, case in enumerate(cases):
            if case.keys:
                self._bet(case, bool(pane.true[i]), float(pane.low[i]), float(pane.high[i]))
        risen = (self._capital(places) >= SUSPECT).tolist()
        self.raised -= different.keys()
        self.raised |= {key for key, high in zip(different, risen, strict=True) if high}
        self.count([case.values for case in cases])
        self._forget()
        self.last_ns = at_ns

    def _follow(self, keys: Iterable[Key]) -> NDArray[np.int64]:
        """The places of combinations, new ones among them."""
        found = np.array([self.places.setdefault(key, len(self.places)) for key in keys], dtype=np.int64)
        new = len(self.places) - len(self.state)
        self.state = np.concatenate([self.state, np.zeros(new, STATE)])
        self.sources += [{} for _ in range(new)]
        return found

    def _bet(self, case: Case, true: bool, low: float, high: float) -> None:
        """One label for all combinations in its row."""
        raised = [self.places[key] for key in self.raised.intersection(case.keys)]
        # What a sure trigger explains is no evidence for what happens to stand beside it.
        sure = (self._capital(raised) >= CERTAIN).any()
        places = np.array(raised if sure else [self.places[key] for key in case.keys])
        state, bit = self.state, case.hash % MARKS
        places = places[~state["marks"][places, bit]]
        full = places[state["marked"][places] >= FULL]
        for place in full[self._capital(full) < SUSPECT].tolist():
            last_ns = state["last_ns"][place]
            state[place], self.sources[place] = np.zeros((), STATE), {}
            state["last_ns"][place] = last_ns
        state["marks"][places, bit] = True
        yes, no = _odds(true, low, high)
        state["yes"][places] = np.minimum(MOST, state["yes"][places] * yes)
        state["no"][places] = np.minimum(MOST, state["no"][places] * no)
        for name, by in (("marked", 1), ("n", 1), ("true", true), ("expected", (low + high) / 2)):
            state[name][places] += by
        for place in places.tolist():
            sources = self.sources[place]
            if case.row.source in sources or len(sources) < FEATURES:
                sources[case.row.source] = sources.get(case.row.source, 0) + 1

    def count(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Values that came, whatever their labels; a mapping by feature for each row."""
        for row in rows:
            self.rows += 1
            for name, value in row.items():
                counts = self.values.setdefault(name, {})
                counts[value] = counts.get(value, 0) + 1
        for name in sorted(self.values, key=name_hash)[FEATURES:]:
            del self.values[name]
        for name, counts in self.values.items():
            if len(counts) > VALUES:  # half of every count goes, and with it what came once
                self.values[name] = {value: n // 2 for value, n in counts.items() if n > 1}

    def _forget(self) -> None:
        """Keep half of what may be followed: the most capital for its labels, then the latest, then by name."""
        if len(self.places) <= KEYS:
            return
        worth = (self._capital(slice(None)) * self.state["n"]).tolist()
        ranked = zip((-w for w in worth), (-self.state["last_ns"]).tolist(), self.places, strict=True)
        kept = [key for _, _, key in nsmallest(KEYS // 2, ranked)]
        places = [self.places[key] for key in kept]
        self.state, self.sources = self.state[places], [self.sources[place] for place in places]
        self.places = {key: place for place, key in enumerate(kept)}
        self.raised &= self.places.keys()

    def found(self, shares: Mapping[str, float]) -> Iterator[Found]:
        """Suspected combinations, those that share a value as one, the strongest first.

        `shares` are the sources' parts of all labels: who gives far more of these than that is named.
        """
        left = sorted(
            ((key, self._followed(key)) for key in self.raised),
            key=lambda item: (-item[1].capital, -item[1].n, -len(item[0]), item[0]),
        )
        while left:
            (key, one), *rest = left
            whole = {item for other, two in left if set(other) & set(key) and two.n >= 0.7 * one.n for item in other}
            yield _told(sorted(whole), one, shares)
            left = [(other, two) for other, two in rest if not set(other) & whole]


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
