"""Who watches known changes: Mirqab as the worker calls it, River, Evidently and two dummies, on the same panes.

A watcher is shown panes in order and says for each of its columns whether it alarms in this one. Every watcher but
Mirqab gets the same first events as reference as Mirqab learns from, alarms if any column does, and corrects nothing
for many columns, as it comes out of the box.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from river import drift

from monitors.judge import Judge
from monitors.observe import Bounds, observe
from monitors.prepared import Prepared
from schemas.events import MINUTE_NS, EventBatch, Floats, Layout, Source
from schemas.rules import Rule
from schemas.settings import Settings
from tests.support.changes_rows import Names, Rows

MONDAY_NS = 1_749_427_200 * 10**9
PANE_MINUTES = 5
REFERENCE = 2000  # events
try:
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    EVIDENTLY = True
except ImportError:  # it brings half a hundred packages along
    EVIDENTLY = False

EVIDENTLY_SHARE = 0.5  # of columns, from which on Evidently calls a data set drifted


class Watcher(Protocol):
    """`columns` are the names of what it says."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    def pane(self, number: int, rows: Rows) -> tuple[bool, ...]:
        """Whether it alarms in this pane, per column."""


def events(names: Names, pane: int, rows: Rows, rng: np.random.Generator) -> EventBatch:
    """One pane of rows as a worker decodes it."""
    n = len(rows)
    ts = MONDAY_NS + pane * PANE_MINUTES * MINUTE_NS + np.sort(rng.integers(0, PANE_MINUTES * MINUTE_NS, n))
    nothing = [""] * n
    masks, which = np.unique(rows.cat >= 0, axis=0, return_inverse=True)
    layouts = []
    for k, mask in enumerate(masks.tolist()):
        inside = np.flatnonzero(which.reshape(-1) == k)
        there = [j for j, present in enumerate(mask) if present]
        texts = tuple([names.vocabularies[j][c] for c in rows.cat[inside, j].tolist()] for j in there)
        layouts.append(Layout(names.num, tuple(names.cat[j] for j in there), inside, rows.num[inside], texts))
    return EventBatch(
        source=Source("changes", "changes", 0), offset=np.arange(n) + pane * 1_000_000, ts_ns=ts, model=["m"] * n,
        version=nothing, artifact_hash=nothing, principal=[f"c{k}" for k in (rng.zipf(1.5, n) % 30).tolist()],
        id=nothing, session=nothing, segment=nothing, status=nothing, source_ip=nothing,
        prediction=[str(int(s > 0.5)) for s in rows.score.tolist()],
        score=rows.score, scores=[None] * n, latency_ms=rng.lognormal(3, 0.4, n), tokens_in=np.full(n, np.nan),
        tokens_out=np.full(n, np.nan), failed=rng.random(n) < 0.01, future=np.zeros(n, bool),
        label=[str(y) if y >= 0 else "" for y in rows.label.tolist()],
        label_source=nothing, served_ts_ns=np.zeros(n, np.int64), prompt=[None] * n, response=[None] * n,
        layouts=layouts, rejects=[],
    )  # fmt: skip


class Mirqab:
    """The shipped rules. Says: an alert was opened at ticket level or above; an alert was at least suspected."""

    def __init__(self, names: Names, settings: Settings, rules: tuple[Rule, ...], title: str) -> None:
        self.names, self.judge = names, Judge(settings, rules)
        self.prepared: Prepared | None = None
        self.columns = (f"{title}ticket", f"{title}suspected")
        self.suspected: set[str] = set()
        self.opened: set[str] = set()
        self.rules: list[tuple[int, str, str]] = []  # pane, rule, level

    def pane(self, number: int, rows: Rows) -> tuple[bool, ...]:
        batch = events(self.names, number, rows, np.random.default_rng([7, number]))
        bounds = Bounds(256, 64, 60 * 10**9)
        seen = observe(batch, np.zeros(len(rows), np.int64), 1, 0, lambda m, v, b: self.prepared, bounds).on_time[0]
        opened = suspected = False
        for minute in range(number * PANE_MINUTES, (number + 1) * PANE_MINUTES):
            at = MONDAY_NS + minute * MINUTE_NS
            outcome = self.judge.close(at, {key: summary for key, summary in seen.items() if key.minute_ns == at})
            for baseline in outcome.baselines:
                self.prepared = Prepared(baseline)
                self.judge.know(self.prepared)
            for alert in outcome.alerts:
                if alert.id not in self.suspected:
                    self.suspected.add(alert.id)
                    suspected = True
                    self.rules.append((number, alert.rule, "suspected"))
                if alert.opened_ns is not None and alert.id not in self.opened:
                    self.opened.add(alert.id)
                    opened = True
                    self.rules.append((number, alert.rule, alert.level))
        return opened, suspected


class _Referred:
    """Whoever needs a reference: the first events, as many as Mirqab learns from; silent until it is complete."""

    columns: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.gathered: list[Floats] = []
        self.reference: Floats | None = None

    def pane(self, number: int, rows: Rows) -> tuple[bool, ...]:
        values = _columns(rows)
        if self.reference is not None:
            return self.judged(values)
        self.gathered.append(values)
        if sum(map(len, self.gathered)) >= REFERENCE:
            self.reference, self.gathered = np.concatenate(self.gathered), []
            self.known(self.reference)
        return (False,) * len(self.columns)

    def known(self, reference: Floats) -> None: ...

    def judged(self, values: Floats) -> tuple[bool, ...]:
        raise NotImplementedError


def _columns(rows: Rows) -> Floats:
    """Numbers, codes of categories, the score and, where there are labels, errors side by side; NaN where missing."""
    columns = [rows.num, np.where(rows.cat < 0, np.nan, rows.cat), rows.score[:, None]]
    if (rows.label >= 0).any():
        columns.append((rows.label != (rows.score > 0.5)).astype(float)[:, None])
    return np.hstack(columns)


class River(_Referred):
    """One of River's detectors per column with its defaults, in standard deviations of the reference.

    It is shown every event, or (`means`) the mean of a pane. A missing value is not shown.
    """

    def __init__(self, title: str, make: type[Any], *, means: bool, **given: Any) -> None:
        super().__init__()
        self.columns, self.make, self.means, self.given = (title,), make, means, given
        self.detectors: list[Any] = []

    def known(self, reference: Floats) -> None:
        self.mean, self.spread = np.nanmean(reference, axis=0), np.nanstd(reference, axis=0)
        self.detectors = [self.make(**self.given) for _ in reference.T]

    def judged(self, values: Floats) -> tuple[bool, ...]:
        if self.means:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # a column of a pane without any value
                values = np.nanmean(values, axis=0, keepdims=True)
        told = False
        for j, detector in enumerate(self.detectors):
            column = (values[:, j] - self.mean[j]) / (self.spread[j] or 1.0)
            for value in column[~np.isnan(column)].tolist():
                detector.update(value)
                told |= bool(detector.drift_detected)
        return (told,)


class Evidently(_Referred):
    """Evidently's default test of every column, pane against reference: any column; half of all columns."""

    columns = ("Evidently, a column", "Evidently, half")

    def __init__(self, names: Names) -> None:
        super().__init__()
        numerical, categorical = ColumnType.Numerical, ColumnType.Categorical
        self.kinds = [*[numerical] * len(names.num), *[categorical] * len(names.cat), numerical]

    def known(self, reference: Floats) -> None:
        self.kinds += [ColumnType.Categorical] * (reference.shape[1] - len(self.kinds))
        self.before = [pd.Series(column).dropna() for column in reference.T]
        self.tests = [get_stattest(b, b, kind, None) for b, kind in zip(self.before, self.kinds, strict=True)]

    def judged(self, values: Floats) -> tuple[bool, ...]:
        drifted = 0
        for before, column, test, kind in zip(self.before, values.T, self.tests, self.kinds, strict=True):
            now = pd.Series(column).dropna()
            if len(now):
                drifted += bool(test(before, now, kind, None).drifted)
        return drifted > 0, drifted >= EVIDENTLY_SHARE * len(self.kinds)


class Dummies:
    """An alarm every 100 panes, and never one, whatever comes."""

    columns = ("every 100", "never")

    def pane(self, number: int, rows: Rows) -> tuple[bool, ...]:
        return number % 100 == 99, False


def watchers(
    names: Names, settings: Sequence[tuple[str, Settings]], rules: tuple[Rule, ...], *, rivals: bool
) -> list[Watcher]:
    """Everybody, afresh; or Mirqab alone."""
    ours: list[Watcher] = [Mirqab(names, each, rules, title) for title, each in settings]
    if not rivals:
        return ours
    return [
        *ours,
        River("ADWIN", drift.ADWIN, means=False),
        River("PageHinkley", drift.PageHinkley, means=False),
        River("KSWIN, means", drift.KSWIN, means=True, seed=1),
        *([Evidently(names)] if EVIDENTLY else []),
        Dummies(),
    ]
