"""What Evidently finds in the same rows: drift by its own default tests, data summary, quality of a classifier.

Evidently decides nothing here. Its default verdict is shown beside ours, because people know it; its measures of
quality and of the data are shown as they are. Its import costs seconds, so it is imported when a report is made.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from monitors.weekly.changes import Reference
from monitors.weekly.rows import Rows

FEWEST = 10  # rows below which its tests make no sense
DRIFT_SHARE = 0.5  # of columns, from which Evidently's default speaks of dataset drift
TARGET, ANSWER, SCORE = "(label)", "(prediction)", "(score)"


@dataclass(frozen=True, slots=True)
class Drift:
    """One column by Evidently's default: which method, its value, its threshold, and whether that is drift."""

    column: str
    method: str
    value: float
    threshold: float
    drifted: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Everything Evidently said. `quality` are its measures by name, before (None without labels there) and now."""

    drifts: tuple[Drift, ...]
    quality: dict[str, tuple[float | None, float]]
    summary: dict[str, float]

    @property
    def dataset_drift(self) -> bool:
        return bool(self.drifts) and sum(d.drifted for d in self.drifts) >= DRIFT_SHARE * len(self.drifts)


def told(reference: Reference, week: Rows) -> Told | None:
    """Run it; None where a side has too few rows. Rows of a reference without any are drawn from its quantiles."""
    before = _frame(reference.rows) if reference.rows is not None else _redrawn(reference)
    now = _frame(week)
    baseline = reference.baseline
    names = [f.name for f in baseline.numeric] + [f.name for f in baseline.categorical]
    features = [name for name in names if _known(before, name) and _known(now, name)]
    if min(len(before), len(now)) < FEWEST or not features:
        return None
    numbers = [f.name for f in reference.baseline.numeric if f.name in features]
    with warnings.catch_warnings():
        # It divides by nothing where a column is constant, and says so on stderr.
        warnings.simplefilter("ignore")
        with np.errstate(all="ignore"):
            drifts, summary = _drift(before, now, features, numbers)
            quality = _quality(before, now)
    return Told(drifts, quality, summary)


def _known(frame: pd.DataFrame, name: str) -> bool:
    return name in frame and bool(frame[name].notna().any())


def _drift(
    before: pd.DataFrame, now: pd.DataFrame, features: list[str], numbers: list[str]
) -> tuple[tuple[Drift, ...], dict[str, float]]:
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import DuplicatedRowCount, EmptyRowsCount, ValueDrift

    words = [name for name in features if name not in numbers]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=words)
    report = Report([*(ValueDrift(column=name) for name in features), DuplicatedRowCount(), EmptyRowsCount()])
    sides = [Dataset.from_pandas(frame[features], definition) for frame in (now, before)]
    metrics = report.run(*sides).dict()["metrics"]
    drifts = tuple(_told(m["config"]["column"], m) for m in metrics[: len(features)])
    duplicated, empty = (_number(m["value"]) for m in metrics[len(features) :])
    return drifts, {"duplicated_rows": duplicated, "empty_rows": empty}


def _told(column: str, metric: dict[str, Any]) -> Drift:
    method, threshold = str(metric["config"]["method"]), float(metric["config"]["threshold"])
    value = _number(metric["value"])
    # Tests answer with a p-value, distances with a distance.
    drifted = value < threshold if "p_value" in method else value >= threshold
    return Drift(column, method, value, threshold, drifted)


def _number(value: Any) -> float:
    return float(value["count"] if isinstance(value, dict) else value)


def _quality(before: pd.DataFrame, now: pd.DataFrame) -> dict[str, tuple[float | None, float]]:
    """Accuracy, precision, recall and F1 of a two-class model by labels; nothing for other models."""
    sides = [frame[(frame[TARGET].notna()) & (frame[ANSWER].notna())] for frame in (before, now)]
    classes = sorted({*sides[1][TARGET], *sides[1][ANSWER]})
    if len(sides[1]) < FEWEST or len(classes) != 2:
        return {}
    found = [_measures(side, classes) for side in sides]
    return {name: (found[0].get(name), value) for name, value in found[1].items()}


def _measures(frame: pd.DataFrame, classes: list[str]) -> dict[str, float]:
    from evidently import BinaryClassification, DataDefinition, Dataset, Report
    from evidently.metrics import Accuracy, F1Score, Precision, Recall

    if len(frame) < FEWEST or sorted({*frame[TARGET], *frame[ANSWER]}) != classes:
        return {}
    kind = BinaryClassification(target=TARGET, prediction_labels=ANSWER, pos_label=classes[1])
    definition = DataDefinition(categorical_columns=[TARGET, ANSWER], classification=[kind])
    run = Report([Accuracy(), Precision(), Recall(), F1Score()]).run(Dataset.from_pandas(frame, definition), None)
    names = ("accuracy", "precision", "recall", "f1")
    return {name: float(metric["value"]) for name, metric in zip(names, run.dict()["metrics"])}


def _frame(rows: Rows) -> pd.DataFrame:
    texts = {name: _texts(values) for name, values in rows.cat.items()}
    answers = {TARGET: _texts(rows.label), ANSWER: _texts(rows.prediction)}
    return pd.DataFrame({**rows.num, **texts, **answers})


def _texts(values: Any) -> Any:
    return np.where(values == "", None, values)


def _redrawn(reference: Reference) -> pd.DataFrame:
    """Rows with the baseline's marginals alone: what goes with what is not in them."""
    baseline = reference.baseline
    size = max(1, baseline.rows)
    rng = np.random.default_rng(1)
    frame: dict[str, Any] = {}
    for numeric in baseline.numeric:
        if numeric.knots:
            at = rng.permutation(np.linspace(0, 1, size))
            frame[numeric.name] = np.interp(at, np.linspace(0, 1, len(numeric.knots)), numeric.knots)
    for words in baseline.categorical:
        counts = np.array(words.counts, dtype=np.float64)
        if counts.sum() > 0:
            frame[words.name] = rng.choice(np.array(words.vocabulary, dtype=object), size, p=counts / counts.sum())
    return pd.DataFrame({**frame, TARGET: [None] * size, ANSWER: [None] * size})
