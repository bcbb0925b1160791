"""Conditions of rules against the events of a batch, in columns: among which events a rule looks, and which it matches.

A rule that asks about a prompt or a reply looks only at events that have one: a log without texts says nothing of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitors.textseen import TextColumns
from schemas.conditions import (
    FIELDS,
    FLAG,
    KINDS,
    NUMBER,
    OF_PROMPT,
    OF_REPLY,
    Condition,
    Joined,
    Test,
    condition,
    fields_of,
)
from schemas.events import EventBatch, Floats
from schemas.rules import Rule

Bools = NDArray[np.bool_]
COMPARE = {"min": np.greater_equal, "max": np.less_equal, "above": np.greater, "below": np.less}


@dataclass(frozen=True, slots=True)
class Matcher:
    """What one rule looks for; `by` says of whom matching events are counted, "" of all together."""

    rule: str
    condition: Condition
    fields: frozenset[str]
    by: str = ""


@dataclass(frozen=True, slots=True)
class Matched:
    """Which rows of a batch a rule looks at, among its `events`, `prompts` or `replies`, and which it matches."""

    among: str
    looked: Bools
    hit: Bools
    by: str = ""


def matchers(rules: Iterable[Rule]) -> tuple[Matcher, ...]:
    """Of the rules that look at single events, in order of id. Raises RuleError for a `match` that is wrong."""
    found = [(rule.id, condition(rule.match), rule.per.by if rule.per else "") for rule in rules if rule.match]
    return tuple(Matcher(id, each, fields_of(each), by) for id, each, by in sorted(found, key=lambda one: one[0]))


def matched(wanted: Iterable[Matcher], batch: EventBatch, texts: TextColumns | None) -> dict[str, Matched]:
    """For each rule its rows; rules about texts are left out where there is no text."""
    found: dict[str, Matched] = {}
    columns = _Columns(batch, texts)
    for one in wanted:
        sides = [name for name, fields in (("prompt", OF_PROMPT), ("response", OF_REPLY)) if one.fields & fields]
        there = [columns.given(name) for name in sides]
        if all(have.any() for have in there):
            looked = np.logical_and.reduce([np.ones(len(batch), dtype=bool), *there])
            among = "events" if not sides else "prompts" if sides[0] == "prompt" else "replies"
            found[one.rule] = Matched(among, looked, looked & columns.holds(one.condition), one.by)
    return found


class _Columns:
    """The fields of a batch as conditions see them, each made once."""

    def __init__(self, batch: EventBatch, texts: TextColumns | None) -> None:
        self.batch, self.texts, self.n = batch, texts, len(batch)
        self._made: dict[str, Any] = {}

    def holds(self, wanted: Condition) -> Bools:
        if isinstance(wanted, Joined):
            parts = [self.holds(part) for part in wanted.parts]
            if wanted.how == "not":
                return ~parts[0]
            both = np.logical_and if wanted.how == "all" else np.logical_or
            return np.asarray(both.reduce(parts))
        if wanted.present is not None:
            return np.asarray(self.there(wanted.field) == wanted.present)
        kind = FIELDS[wanted.field]
        if kind == NUMBER:
            return self._numbers(wanted)
        if kind == FLAG:
            return np.asarray(self._flag(wanted.field) == wanted.flag)
        if kind == KINDS:
            return np.fromiter(
                (any(_fits(wanted, one) for one in kinds) for kinds in self._kinds(wanted.field)), bool, self.n
            )
        values = self._texts(wanted.field)
        known = {value: _fits(wanted, value) for value in set(values)}
        return np.fromiter((known[value] for value in values), bool, self.n)

    def given(self, name: str) -> Bools:
        """Which rows have this text, be it an empty one."""
        return np.fromiter((value is not None for value in getattr(self.batch, name)), bool, self.n)

    def there(self, name: str) -> Bools:
        """Which rows have the field."""
        if FIELDS[name] == NUMBER:
            return ~np.isnan(self._number(name))
        if FIELDS[name] == FLAG:
            return np.ones(self.n, dtype=bool)
        given: Iterable[Any] = self._kinds(name) if FIELDS[name] == KINDS else getattr(self.batch, name)
        return np.fromiter((value is not None and len(value) > 0 for value in given), bool, self.n)

    def _texts(self, name: str) -> list[str]:
        if name not in self._made:
            self._made[name] = [(value or "").casefold() for value in getattr(self.batch, name)]
        return list(self._made[name])

    def _number(self, name: str) -> Floats:
        if name == "text_score":
            return np.full(self.n, np.nan) if self.texts is None else self.texts.score
        values: Floats = getattr(self.batch, name)
        return values

    def _flag(self, name: str) -> Bools:
        if name == "failed":
            return self.batch.failed
        if self.texts is None:
            return np.zeros(self.n, dtype=bool)
        return self.texts.attack if name == "attack" else self.texts.refused == 1

    def _kinds(self, name: str) -> list[list[str]]:
        if name not in self._made:
            which = 0 if name == "asked" else 1
            found: list[list[str]] = [[] for _ in range(self.n)]
            if self.texts is not None:
                for row in self.texts.rows.tolist():
                    found[row] = self.texts.kinds(row)[which]
            self._made[name] = found
        return list(self._made[name])

    def _numbers(self, wanted: Test) -> Bools:
        values = self._number(wanted.field)
        with np.errstate(invalid="ignore"):
            if wanted.numbers:
                return np.isin(values, wanted.numbers)
            return np.asarray(np.logical_and.reduce([COMPARE[name](values, bound) for name, bound in wanted.bounds]))


def _fits(wanted: Test, value: str) -> bool:
    if not value:
        return False
    if wanted.networks:
        try:
            address = ip_address(value)
        except ValueError:
            return False
        return any(address in network for network in wanted.networks)
    return any(pattern.match(value) for pattern in wanted.texts)
