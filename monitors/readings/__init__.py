"""Families of metrics, one module each. A family counts (`summarise`) and later reads its counts (`read`).

`summarise(view)` gives named integer vectors, one row per group; they merge by addition. `read(pane)` turns a pane's
merged counts into Readings, once enough events have come together (`monitors.held`); a family with `EVERY_PANE = True`
reads every pane, however few there were; one with `OF_LABELS = True` reads panes in which labels arrived, and its p is
the chance within a whole week. `REMEMBERS = True`: its readings need more than the pane's own counts, so none can be
had of panes added up, unless it has `hour(pane)`, which gives those that can. `WITHOUT_P` names the metrics that come
without a p-value: a rule cannot judge those by significance. `SPARSE = True` says that a group without any count is
left out of its summary; `WHOLE = True` that it is of whole models only, because its reference is in the baseline and
not among the counts of a segment; `TOGETHER = True` that it counts without the baseline, so the rows of all models of a
batch are counted in one call; `ABREAST = True` that `summarise` takes models side by side (`monitors.abreast`) and
gives pairs of a model's number and what was counted of it (`monitors.counted`). Where `pane.asks(metric)` says no, a
reading may be left out to save its cost. `AT_ONCE` names metrics that no detector looks at, `DISTANCES` those that
are 0 only where the pane is the baseline to the last event, so that their mean is never what is expected. A family that
needs more of the baseline's rows than the baseline tells counts them in `reference(sample)`; `monitors.learn` keeps
them among the baseline's vectors, under names that begin with `ref:`. A new family is a new file here; families do not
import each other.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol, cast

from monitors import abuse, attacks, talks
from monitors.pane import Pane
from monitors.sample import Sample
from monitors.view import View
from schemas.events import Ints
from schemas.readings import Reading


class Family(Protocol):
    """What every module of this folder offers."""

    def summarise(self, view: View) -> dict[str, Ints]:
        """Vectors of shape (view.groups, width) by name."""

    def read(self, pane: Pane) -> Iterable[Reading]:
        """Readings of one pane."""


FAMILIES: tuple[Family, ...] = tuple(
    cast(Family, import_module(f"{__name__}.{name}")) for name in sorted(m.name for m in iter_modules(__path__))
)


@cache
def metrics() -> dict[str, bool]:
    """Every metric that a family gives, of readings, of attacks or of abuse, and whether it comes with a p-value."""
    found = {
        metric: metric not in getattr(family, "WITHOUT_P", ()) for family in FAMILIES for metric in metrics_of(family)
    }
    return found | dict.fromkeys((*attacks.METRICS, *talks.METRICS, *abuse.METRICS), True)


@cache
def told_at_once() -> frozenset[str]:
    """Metrics of what is told where it is found, so that no detector looks at them."""
    return frozenset(metric for family in FAMILIES for metric in getattr(family, "AT_ONCE", ()))


@cache
def distances() -> frozenset[str]:
    """Metrics whose mean, though nothing changed, is more than the 0 they expect."""
    return frozenset(metric for family in FAMILIES for metric in getattr(family, "DISTANCES", ()))


def metrics_of(family: Any) -> tuple[str, ...]:
    """The metrics of one family: names such as `output.score_psi` in its code, in order."""
    return _named_in(family)


@cache
def _named_in(family: Any) -> tuple[str, ...]:
    """Parsed once: every model version asks."""
    tree = ast.parse(inspect.getsource(family))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (
        (node.lineno, node.col_offset, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    )
    named = (text for _, _, text in sorted(texts) if re.fullmatch(r"[a-z]+\.[a-z][a-z0-9_]*", text))
    return tuple(dict.fromkeys(named))


def references(sample: Sample) -> dict[str, tuple[int, ...]]:
    """What the families count of a baseline's own rows."""
    found: dict[str, tuple[int, ...]] = {}
    for family in FAMILIES:
        reference = getattr(family, "reference", None)
        if reference is not None:
            found.update((name, tuple(map(int, counts))) for name, counts in reference(sample).items())
    return found


def sparse(family: Family) -> bool:
    """Whether a family's vectors without any count are left out."""
    return bool(getattr(family, "SPARSE", False))


def whole(family: Family) -> bool:
    """Whether a family says nothing of segments."""
    return bool(getattr(family, "WHOLE", False))


def in_one(family: Family) -> bool:
    """Whether a family counts all models of a batch in one call."""
    return bool(getattr(family, "TOGETHER", False))


def side_by_side(family: Family) -> bool:
    """Whether a family counts models side by side."""
    return bool(getattr(family, "ABREAST", False))


def of_labels(family: Family) -> bool:
    """Whether a family reads panes in which labels arrived."""
    return bool(getattr(family, "OF_LABELS", False))


def seldom(family: Family) -> bool:
    """Whether a family waits until enough events have come together."""
    return not every_pane(family) and not of_labels(family)


def every_pane(family: Family) -> bool:
    """Whether a family reads panes with few events or none, too."""
    return bool(getattr(family, "EVERY_PANE", False))


def of_hours(family: Any) -> bool:
    """Whether readings can be had of panes added up, too: they follow from counts alone, or the family says how."""
    return not every_pane(family) and (hasattr(family, "hour") or not getattr(family, "REMEMBERS", False))


def read_hour(family: Family, pane: Pane) -> Iterable[Reading]:
    """The readings of panes added up to an hour."""
    return cast(Iterable[Reading], getattr(family, "hour", family.read)(pane))
